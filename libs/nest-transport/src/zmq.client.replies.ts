import type { IncomingResponse, ProducerDeserializer, WritePacket } from '@nestjs/microservices';
import type { Subscriber } from 'rxjs';
import type { ReplyCallback } from './inflight/pending.call.js';

/**
 * What code of the application throws when a reply comes, such as `serializeResponse()`, fails its call. Thrown on where
 * the call is over, as what a `finalize()` throws.
 */
export function failing<T>(observer: Subscriber<T>, callback: ReplyCallback): ReplyCallback {
  return (packet) => {
    try {
      callback(packet);
    } catch (error) {
      if (observer.closed) throw error;
      observer.error(error);
    }
  };
}

/**
 * Nest's deserializer may be asynchronous; the order of the values stays. What it throws or rejects fails the call.
 * @param id of the packet, for the deserializer
 * @param onThrown is given what the callback throws
 */
export function deserializing(
  deserializer: ProducerDeserializer,
  id: string,
  callback: ReplyCallback,
  onThrown: (error: unknown) => void,
): ReplyCallback {
  const tell = (packet: WritePacket): void => {
    try {
      callback(packet);
    } catch (error) {
      onThrown(error);
    }
  };
  const failed = (err: unknown): void => tell({ err, isDisposed: true });
  // Only in its turn: what is rejected while an earlier value is still read would be handled by nobody.
  const read = (packet: WritePacket): IncomingResponse | Promise<IncomingResponse> =>
    deserializer.deserialize({ id, ...packet });
  let previous: Promise<void> = Promise.resolve();
  return (packet) => {
    // Our own errors are no packets of the server.
    const own = packet.err instanceof Error;
    previous = previous.then(() => (own ? packet : read(packet))).then(tell, failed);
  };
}
