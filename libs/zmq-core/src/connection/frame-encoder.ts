import { copyBytes } from '../foundation/bytes.js';
import type { Multipart } from '../foundation/multipart.js';
import { LONG, LONG_HEADER, MORE, SHORT_HEADER, SHORT_LIMIT } from '../wire/frame.js';
import { type Batch, BY_REFERENCE } from './batch.js';

/** Messages of a fan-out up to this size keep their encoded bytes for the next session. */
const SHARE_LIMIT = BY_REFERENCE;

/** Message → frames in the batch. */
export function encodeMessage(message: Multipart, batch: Batch): void {
  if (message.encoded !== undefined) {
    encodeShared(message, batch);
    return;
  }
  const last = message.length - 1;
  for (let i = 0; i < last; i++) encodeFrame(message[i]!, MORE, batch);
  encodeFrame(message[last]!, 0, batch);
}

export function encodeFrame(body: Buffer, flags: number, batch: Batch): void {
  const size = body.length;
  const byReference = size >= BY_REFERENCE;
  batch.reserve(byReference ? LONG_HEADER : LONG_HEADER + size);
  const bytes = batch.bytes;
  let at = batch.at;
  if (size <= SHORT_LIMIT) {
    bytes[at] = flags;
    bytes[at + 1] = size;
    at += SHORT_HEADER;
  } else {
    bytes[at] = flags | LONG;
    writeSize(size, bytes, at + 1);
    at += LONG_HEADER;
  }
  if (byReference) {
    batch.advance(at);
    batch.refer(body);
    return;
  }
  copyBytes(body, bytes, at);
  batch.advance(at + size);
}

/** Writes a frame's header and gives where its body begins. */
export function encodeHeader(flags: number, size: number, bytes: Buffer, at: number): number {
  if (size > SHORT_LIMIT) {
    bytes[at] = flags | LONG;
    writeSize(size, bytes, at + 1);
    return at + LONG_HEADER;
  }
  bytes[at] = flags;
  bytes[at + 1] = size;
  return at + SHORT_HEADER;
}

/** Eight octets, octet by octet: `writeUInt32BE` checks its bounds, twice. */
function writeSize(size: number, bytes: Buffer, at: number): void {
  const high = (size / 0x100000000) >>> 0;
  bytes[at] = high >>> 24;
  bytes[at + 1] = high >>> 16;
  bytes[at + 2] = high >>> 8;
  bytes[at + 3] = high;
  bytes[at + 4] = size >>> 24;
  bytes[at + 5] = size >>> 16;
  bytes[at + 6] = size >>> 8;
  bytes[at + 7] = size;
}

/** A message of a fan-out: encoded by the first session that sends it, copied by the others. */
function encodeShared(message: Multipart, batch: Batch): void {
  const ready = message.encoded;
  if (ready) {
    batch.append(ready);
    return;
  }
  let size = 0;
  for (const frame of message) size += LONG_HEADER + frame.length;
  batch.reserve(size < SHARE_LIMIT ? size : 0);
  const { at, bytes } = batch;
  const last = message.length - 1;
  for (let i = 0; i <= last; i++) encodeFrame(message[i]!, i < last ? MORE : 0, batch);
  if (size < SHARE_LIMIT) message.encoded = Buffer.from(bytes.subarray(at, batch.at));
}
