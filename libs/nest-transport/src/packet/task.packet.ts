import { ZmqMalformedError } from '../zmq.errors.js';
import type { Frames } from './frames.js';
import { decodeMetadata, encodeMetadata, type Metadata, NO_METADATA, type ZmqHeaders } from './metadata.codec.js';
import { decodeName, encodeName } from './names.js';
import type { PayloadCodecs } from './payload.codec.js';

/** A task of a pool as it is pushed. */
export interface OutgoingTask {
  /** The task's name; never empty. */
  readonly name: string;
  readonly data: unknown;
  readonly headers?: ZmqHeaders | undefined;
  /** What is left of its deadline, in ms. */
  readonly deadlineMs?: number | undefined;
  /** 1 for the first delivery. Left out, nothing is written. */
  readonly attempt?: number | undefined;
}

/** A task as a worker pulls it. The payload is decoded when `decodePayload` is asked for. */
export interface IncomingTask {
  readonly name: string;
  readonly payload: Buffer;
  readonly metadata: Metadata;
}

/**
 * pool → worker: `[task name, payload, metadata?]`
 * @throws ZmqPatternError an empty or reserved name, a wrong header
 * @throws ZmqCodecError data that cannot be encoded
 */
export function encodeTask(task: OutgoingTask, codecs: PayloadCodecs): Frames {
  const { payload, contentType } = codecs.encode(task.data, task.name);
  const { deadlineMs, attempt, headers } = task;
  const metadata = encodeMetadata({ contentType, deadlineMs, attempt, headers });
  const name = encodeName(task.name);
  return metadata === undefined ? [name, payload] : [name, payload, metadata];
}

/** @throws ZmqMalformedError what must be counted and dropped */
export function decodeTask(frames: readonly Buffer[]): IncomingTask {
  const [name, payload, metadata] = frames;
  if (name === undefined || payload === undefined || frames.length > 3) {
    throw new ZmqMalformedError(`A task has 2 or 3 frames, not ${frames.length}`);
  }
  if (name.length === 0) throw new ZmqMalformedError('A task without a name');
  return {
    name: decodeName(name),
    payload,
    metadata: metadata === undefined ? NO_METADATA : decodeMetadata(metadata),
  };
}
