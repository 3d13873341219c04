import { isMemory } from '../foundation/bytes.js';
import type { Multipart } from '../foundation/multipart.js';

/** One received part of a message. */
export type Message = Buffer;

/**
 * What can be sent as one part. Text is sent as UTF-8, `null` as an empty part,
 * a number as its decimal text.
 */
export type MessageLike = ArrayBufferView | ArrayBuffer | SharedArrayBuffer | string | number | null;

/**
 * A message as the user gives it → all its frames, or `undefined` for no parts at all.
 * The memory is still the user's: who keeps the message owns it first (`ownFrames`).
 * One part comes in an array that the next call uses again, so that sending it allocates
 * nothing (a tenth of the sender's time at 10 B): `giveBack` it.
 */
export function toMultipart(message: MessageLike | readonly MessageLike[]): Multipart | undefined {
  if (message instanceof BufferClass) return asMultipart(message);
  if (!Array.isArray(message)) {
    if (message === undefined) throw new TypeError('Message must be present');
    return asMultipart(toFrame(message as MessageLike));
  }
  const count = message.length;
  if (count === 0) return undefined;
  const frames = new Array<Buffer>(count);
  for (let i = 0; i < count; i++) frames[i] = toFrame(message[i] as MessageLike);
  return frames;
}

function asMultipart(frame: Buffer): Multipart {
  // Sending may call the user (a peer is lost, an event), who may send from there.
  if (singleIsOut) return [frame];
  singleIsOut = true;
  single[0] = frame;
  return single;
}

/** The message was sent, or is owned by who waits to send it. */
export function giveBack(message: Multipart): void {
  if (message !== single) return;
  single[0] = EMPTY;
  singleIsOut = false;
}

/** The global is a getter, which is called each time. */
const BufferClass = Buffer;

const EMPTY = Buffer.alloc(0);
const single: [Buffer] = [EMPTY];
let singleIsOut = false;

function toFrame(part: MessageLike): Buffer {
  if (part instanceof BufferClass) return part;
  if (typeof part === 'string') return Buffer.from(part);
  if (part === null) return EMPTY;
  if (ArrayBuffer.isView(part)) return Buffer.from(part.buffer, part.byteOffset, part.byteLength);
  if (isMemory(part)) return Buffer.from(part);
  // Not `String(part)`, which takes a symbol too.
  return Buffer.from(`${part}`);
}
