import { ZmqMalformedError } from '../zmq.errors.js';
import type { Frame, Frames } from './frames.js';
import { decodeMetadata, encodeMetadata, type Metadata, type MetadataFields, NO_METADATA } from './metadata.codec.js';
import { decodeName } from './names.js';

/** An event as a subscriber gets it. */
export interface IncomingEventPacket {
  readonly name: string;
  readonly payload: Buffer;
  readonly metadata: Metadata;
}

/**
 * publisher → subscriber: `[name, payload, metadata?]`
 * @param name from `encodeName`
 * @throws ZmqPatternError a wrong header
 */
export function encodeEvent(name: Buffer, payload: Frame, fields: MetadataFields): Frames {
  const metadata = encodeMetadata(fields);
  return metadata === undefined ? [name, payload] : [name, payload, metadata];
}

/** @throws ZmqMalformedError what must be counted and dropped */
export function decodeEvent(frames: readonly Buffer[]): IncomingEventPacket {
  const [name, payload, metadata] = frames;
  if (name === undefined || payload === undefined || frames.length > 3) {
    throw new ZmqMalformedError(`An event has 2 or 3 frames, not ${frames.length}`);
  }
  if (name.length === 0) throw new ZmqMalformedError('An event without a name');
  return {
    name: decodeName(name),
    payload,
    metadata: metadata === undefined ? NO_METADATA : decodeMetadata(metadata),
  };
}
