import type { Multipart } from '../foundation/multipart.js';
import { LONG, LONG_HEADER, MORE, SHORT_HEADER, SHORT_LIMIT } from '../wire/frame.js';
import { FrameRun } from '../wire/frame-run.js';

/** A message of no more frames is kept as it is: the objects cost little. */
const MANY = 64;
/** About twice what the object of a frame costs. Of frames that have more on average the objects are the smaller part. */
const SMALL = 256;

/**
 * A message of very many small frames as bytes, to be opened when it is read; `undefined` for all others.
 * A peer sends a frame of one byte in three, and its object takes a hundred: a queue of such
 * messages would need forty times what came (1,000 of 16,384 frames: 2 GB in place of 50 MB).
 *
 * Those that come whole in one chunk are never opened before (`FrameDecoder.nextRun`).
 */
export function closed(message: Multipart): FrameRun | undefined {
  const { length } = message;
  if (length <= MANY) return undefined;
  let size = 0;
  for (let i = 0; i < length; i++) size += headerOf(message[i]!) + message[i]!.length;
  if (size > length * SMALL) return undefined;
  const bytes = Buffer.allocUnsafeSlow(size);
  let at = 0;
  for (let i = 0; i < length; i++) at = write(message[i]!, i < length - 1 ? MORE : 0, bytes, at);
  return new FrameRun(bytes, bytes.buffer, bytes.byteOffset, 0, 1);
}

function headerOf({ length }: Buffer): number {
  return length > SHORT_LIMIT ? LONG_HEADER : SHORT_HEADER;
}

/** Gives where the frame ends. */
function write(frame: Buffer, flags: number, bytes: Buffer, at: number): number {
  const { length } = frame;
  if (length > SHORT_LIMIT) {
    bytes[at] = flags | LONG;
    bytes.writeUIntBE(0, at + 1, 2);
    bytes.writeUIntBE(length, at + 3, 6);
  } else {
    bytes[at] = flags;
    bytes[at + 1] = length;
  }
  const start = at + headerOf(frame);
  bytes.set(frame, start);
  return start + length;
}
