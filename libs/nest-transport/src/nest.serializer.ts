import type { Serializer } from '@nestjs/microservices';
import { ZmqCodecError } from './zmq.errors.js';

/**
 * Applies Nest's serializer. Its type allows a promise, which nobody could wait for here: replies are sent in the order
 * in which they are given.
 * @throws ZmqCodecError it gave a promise
 */
export function serialize<T>(serializer: Serializer, packet: object): T {
  const serialized: unknown = serializer.serialize(packet);
  if (!isThenable(serialized)) return serialized as T;
  // What becomes of it is of no use any more, a failure included.
  serialized.then(undefined, () => {});
  throw new ZmqCodecError("The option 'serializer' gave a promise; it must give its packet at once");
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    value instanceof Promise ||
    (typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function')
  );
}
