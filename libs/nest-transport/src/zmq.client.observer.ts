import type { ReadPacket } from '@nestjs/microservices';
import type { PendingCall, ReplyCallback } from './inflight/pending.call.js';
import { type Instruments, type Observed, outcomeOf } from './zmq.instruments.js';

/** How a call is sent, and given up. */
export interface CallStarter {
  start(packet: ReadPacket, callback: ReplyCallback): PendingCall;
  cancel(call: PendingCall): void;
}

/**
 * Sends a call as a span, whose headers travel with it, and measures it.
 * @param name the normalised pattern
 * @returns cancels the call; does nothing once it is settled
 */
export function observeCall(
  instruments: Instruments,
  name: string,
  packet: ReadPacket,
  callback: ReplyCallback,
  starter: CallStarter,
): () => void {
  const observed = instruments.outgoing({ kind: 'call', name }, 'client_call');
  // Within one process the answer may come while it is sent.
  let call: PendingCall | undefined;
  const failed = (error: unknown): void =>
    observed.end({ outcome: outcomeOf(error), error, peerAddress: call?.link?.address });
  try {
    call = starter.start(withHeaders(packet, observed), (reply) => {
      if (reply.err) failed(reply.err);
      else if (reply.isDisposed === true) observed.end({ outcome: 'completed', peerAddress: call?.link?.address });
      callback(reply);
    });
  } catch (error) {
    failed(error);
    throw error;
  }
  const started = call;
  return () => {
    observed.end({ outcome: 'cancelled', peerAddress: started.link?.address });
    starter.cancel(started);
  };
}

/** What the application's dispatch hook has set stays. */
export function withHeaders(packet: ReadPacket, { headers }: Observed): ReadPacket {
  return { ...packet, metadata: { ...headers, ...packet.metadata } };
}
