import type { ProducerSerializer, ReadPacket } from '@nestjs/microservices';
import type { CallContent } from './inflight/pending.call.js';
import { serialize } from './nest.serializer.js';
import { assertHeader, type ZmqHeaders } from './packet/metadata.codec.js';
import { encodeName } from './packet/names.js';
import type { PayloadCodecs } from './packet/payload.codec.js';
import { ZmqRecord } from './zmq.record.js';

/** Makes what goes on the wire of the packets of Nest's client. */
export class OutgoingPackets {
  readonly #codecs: PayloadCodecs;
  readonly #serializer: ProducerSerializer | undefined;
  readonly #deadlineMs: number | undefined;

  /** @param deadlineMs of packets that have none of their own */
  constructor(codecs: PayloadCodecs, serializer: ProducerSerializer | undefined, deadlineMs: number | undefined) {
    this.#codecs = codecs;
    this.#serializer = serializer;
    this.#deadlineMs = deadlineMs;
  }

  /** How long a call with this data may take, in ms. */
  deadlineOf(data: unknown): number | undefined {
    return (data instanceof ZmqRecord ? data.deadline : undefined) ?? this.#deadlineMs;
  }

  /**
   * Takes the packet apart: the record around its data, what the dispatch hook
   * attached, the application's serializer, the codec.
   * @param name the normalised pattern
   * @param id given to the serializer; left out for events
   * @throws ZmqPatternError an empty pattern, a wrong header
   * @throws ZmqCodecError data that cannot be encoded, a serializer that gives a promise
   * @throws ZmqTooLargeError
   */
  prepare(name: string, packet: ReadPacket, id?: string): CallContent {
    let data: unknown = packet.data;
    let headers: ZmqHeaders | undefined = packet.metadata;
    let deadlineMs = this.#deadlineMs;
    let server: string | undefined;
    if (data instanceof ZmqRecord) {
      const record: ZmqRecord = data;
      data = record.data;
      deadlineMs = record.deadline ?? deadlineMs;
      server = record.server;
      if (record.headers !== undefined) headers = { ...headers, ...record.headers };
    }
    let route = name;
    if (this.#serializer !== undefined) {
      const request = { pattern: name, data, ...(headers && { metadata: headers }), ...(id !== undefined && { id }) };
      const serialized = serialize<ReadPacket<unknown>>(this.#serializer, request);
      route = serialized.pattern as string;
      data = serialized.data;
      headers = serialized.metadata;
    }
    const { payload, contentType } = this.#codecs.encode(data, route);
    return { name: encodeName(route), payload, contentType, headers: headers && usable(headers), deadlineMs, server };
  }
}

function usable(headers: ZmqHeaders): ZmqHeaders | undefined {
  const entries = Object.entries(headers);
  for (const [key, value] of entries) assertHeader(key, value);
  return entries.length === 0 ? undefined : headers;
}
