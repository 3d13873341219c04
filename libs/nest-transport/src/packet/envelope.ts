import { EMPTY, type Frames } from './frames.js';

/**
 * Names a call within one peer: the number of a lone 4-byte request id, else the
 * bytes of the whole envelope. Numbers cost no allocation and pin no buffer.
 */
export type CallKey = number | string;

/**
 * Everything before the name: the frames up to and including the first empty one,
 * which a server gives back whatever they are.
 */
export interface Envelope {
  readonly key: CallKey;
  /** The frames, the delimiter included; `undefined` when `key` is the request id. */
  readonly frames: readonly Buffer[] | undefined;
}

/** Index of the delimiter from `start` on, or -1. */
export function findDelimiter(frames: readonly Buffer[], start: number): number {
  for (let i = start; i < frames.length; i++) {
    if (frames[i]?.length === 0) return i;
  }
  return -1;
}

/** The size of the envelope between `start` and the delimiter, each frame counted with a byte for itself. */
export function byteLength(frames: readonly Buffer[], start: number, delimiter: number): number {
  let total = delimiter - start;
  for (let i = start; i < delimiter; i++) total += frames[i]?.length ?? 0;
  return total;
}

/** The envelope between `start` and the delimiter. Its frames are copied: they would pin what came with them. */
export function readEnvelope(frames: readonly Buffer[], start: number, delimiter: number): Envelope {
  const first = frames[start];
  if (delimiter === start + 1 && first?.length === 4) return { key: first.readUInt32BE(0), frames: undefined };
  const copies: Buffer[] = [];
  let key = '';
  for (let i = start; i < delimiter; i++) {
    const copy = Buffer.from(frames[i] ?? EMPTY);
    copies.push(copy);
    key += `${copy.length}:${copy.toString('latin1')}`;
  }
  copies.push(EMPTY);
  return { key, frames: copies };
}

/** Whether a request id is there: without one even a control message is answered. */
export function hasRequestId(envelope: Envelope): boolean {
  return envelope.frames === undefined || envelope.frames.length > 1;
}

/** A new message that starts with the envelope. */
export function startWith({ key, frames }: Envelope): Frames {
  return frames === undefined ? [requestId(key as number), EMPTY] : [...frames];
}

/** The frame of a request id. */
export function requestId(id: number): Buffer {
  const frame = Buffer.allocUnsafe(4);
  frame.writeUInt32BE(id, 0);
  return frame;
}
