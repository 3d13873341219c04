import { ZmqPatternError } from '../zmq.errors.js';

/** What our SUB sockets subscribe to last of all: its arrival at a publisher means that all others have arrived. */
export const READY_TOPIC = Buffer.from('\0ready', 'latin1');

const READY_NAME = READY_TOPIC.toString('latin1');
const MAX_CACHED_NAMES = 4_096;
const MAX_CACHED_LENGTH = 256;
const cache = new Map<string, Buffer>();

/**
 * The frame of a normalised pattern or a task's name. Frames of usual names are kept ready.
 * @throws ZmqPatternError an empty name (those are control messages) or the reserved ready topic
 */
export function encodeName(name: string): Buffer {
  const known = cache.get(name);
  if (known !== undefined) return known;
  assertUsableName(name);
  const frame = Buffer.from(name, 'utf8');
  if (cache.size < MAX_CACHED_NAMES && name.length <= MAX_CACHED_LENGTH) cache.set(name, frame);
  return frame;
}

export function decodeName(frame: Buffer): string {
  return frame.toString();
}

/** @throws ZmqPatternError */
export function assertUsableName(name: unknown): asserts name is string {
  if (typeof name !== 'string' || name === '') {
    throw new ZmqPatternError('A pattern must not be empty: empty names are control messages');
  }
  if (name === READY_NAME) throw new ZmqPatternError('This pattern is reserved by the transport');
}
