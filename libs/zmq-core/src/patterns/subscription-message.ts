import type { Multipart } from '../foundation/multipart.js';

/** 29/PUBSUB: the first byte of a subscription in the message form, which is what patterns see of it. */
export const SUBSCRIBE_BYTE = 1;
export const CANCEL_BYTE = 0;

/** Whether the frame is a subscription or its end. */
export function isSubscription(frame: Buffer): boolean {
  return frame.length > 0 && frame[0]! <= SUBSCRIBE_BYTE;
}

export function isSubscribe(frame: Buffer): boolean {
  return frame[0] === SUBSCRIBE_BYTE;
}

/** The topic as a key: a character per byte. */
export function topicOf(frame: Buffer): string {
  return frame.toString('latin1', 1);
}

/** `01 topic` or `00 topic`. */
export function subscriptionMessage(subscribe: boolean, topic: string): Multipart {
  const frame = Buffer.allocUnsafe(1 + topic.length);
  frame[0] = subscribe ? SUBSCRIBE_BYTE : CANCEL_BYTE;
  frame.write(topic, 1, 'latin1');
  return [frame];
}
