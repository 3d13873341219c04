/** `@nest-zmq/transport/msgpack`: needs the package `msgpackr`. */
export { MSGPACK_TYPE, msgpackCodec } from './codecs/msgpack.codec.js';
