import type { OutgoingRequest, ProducerSerializer, ReadPacket } from '@nestjs/microservices';
import type { Frame } from './packet/frames.js';
import { assertHeader, type ZmqHeaders } from './packet/metadata.codec.js';
import { encodeName } from './packet/names.js';
import type { PayloadCodecs } from './packet/payload.codec.js';
import { ZmqRecord } from './zmq.record.js';

/** A Nest packet, ready for the wire. */
export interface Outgoing {
  readonly name: Buffer;
  readonly payload: Frame;
  readonly contentType: string | undefined;
  readonly headers: ZmqHeaders | undefined;
  /** From a `ZmqRecord`, in ms. */
  readonly deadlineMs: number | undefined;
}

/**
 * Takes a packet of Nest's client apart: the record around its data, what the
 * dispatch hook attached, the application's serializer, the codec.
 * @param name the normalised pattern
 * @param id given to the serializer; left out for events
 * @throws ZmqPatternError an empty pattern, a wrong header
 * @throws ZmqCodecError data that cannot be encoded
 */
export function prepareOutgoing(
  name: string,
  packet: ReadPacket,
  codecs: PayloadCodecs,
  serializer: ProducerSerializer | undefined,
  id?: string,
): Outgoing {
  let data: unknown = packet.data;
  let headers: ZmqHeaders | undefined = packet.metadata;
  let deadlineMs: number | undefined;
  if (data instanceof ZmqRecord) {
    const record: ZmqRecord = data;
    ({ data, deadline: deadlineMs } = record);
    if (record.headers !== undefined) headers = { ...headers, ...record.headers };
  }
  let route = name;
  if (serializer !== undefined) {
    const request = { pattern: name, data, ...(headers && { metadata: headers }), ...(id !== undefined && { id }) };
    const serialized = serializer.serialize(request as OutgoingRequest) as ReadPacket<unknown>;
    route = serialized.pattern as string;
    data = serialized.data;
    headers = serialized.metadata;
  }
  const { payload, contentType } = codecs.encode(data);
  return { name: encodeName(route), payload, contentType, headers: usable(headers), deadlineMs };
}

function usable(headers: ZmqHeaders | undefined): ZmqHeaders | undefined {
  if (headers === undefined) return undefined;
  const entries = Object.entries(headers);
  for (const [key, value] of entries) assertHeader(key, value);
  return entries.length === 0 ? undefined : headers;
}
