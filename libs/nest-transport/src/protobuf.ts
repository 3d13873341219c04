/** `@nest-zmq/transport/protobuf`: needs the package `protobufjs`. */
export {
  PROTOBUF_TYPE,
  protobufCodec,
  type ZmqProtobufOptions,
  type ZmqProtobufTypes,
} from './codecs/protobuf.codec.js';
