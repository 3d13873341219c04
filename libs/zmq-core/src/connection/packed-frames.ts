import { copyBytes, copyOf } from '../foundation/bytes.js';
import { COPY_LIMIT, type Multipart } from '../foundation/multipart.js';
import { MORE, SHORT_HEADER } from '../wire/frame.js';

/** A message of more bytes is not packed. */
const PACK_LIMIT = 1024;

/** Gives where the frame ends. */
function packFrame(frame: Buffer, flags: number, bytes: Uint8Array, at: number): number {
  const { length } = frame;
  bytes[at] = flags;
  bytes[at + 1] = length;
  copyBytes(frame, bytes, at + SHORT_HEADER);
  return at + SHORT_HEADER + length;
}

/**
 * Small messages as the frames that `encodeMessage` makes of them, all of them short:
 * a connection that sends messages as they are sends the packed bytes as they are.
 * It is a pipe's `Packing`; between the two only the session stands.
 */
export const packedFrames = {
  sizeOf(message: Multipart): number {
    if (message.length === 1) {
      const { length } = message[0]!;
      return length > COPY_LIMIT ? 0 : SHORT_HEADER + length;
    }
    let size = 0;
    for (let i = 0; i < message.length; i++) {
      const { length } = message[i]!;
      if (length > COPY_LIMIT) return 0;
      size += SHORT_HEADER + length;
    }
    return size > PACK_LIMIT ? 0 : size;
  },

  pack(message: Multipart, bytes: Uint8Array, at: number): void {
    const last = message.length - 1;
    for (let i = 0; i < last; i++) at = packFrame(message[i]!, MORE, bytes, at);
    packFrame(message[last]!, 0, bytes, at);
  },

  sizeAt(bytes: Uint8Array, at: number): number {
    let end = at;
    let more = true;
    while (more) {
      more = bytes[end] === MORE;
      end += SHORT_HEADER + bytes[end + 1]!;
    }
    return end - at;
  },

  unpack(bytes: Uint8Array, from: number, to: number): Multipart {
    const frames: Buffer[] = [];
    for (let at = from; at < to;) {
      const start = at + SHORT_HEADER;
      at = start + bytes[at + 1]!;
      frames.push(copyOf(bytes.subarray(start, at)));
    }
    return frames;
  },
};
