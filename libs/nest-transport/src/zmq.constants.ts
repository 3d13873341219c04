/**
 * The transport's id. `@MessagePattern(pattern, ZMQ_TRANSPORT)` and
 * `@EventPattern(pattern, ZMQ_TRANSPORT)` bind a handler to this transport only,
 * which matters in a hybrid application.
 */
export const ZMQ_TRANSPORT = Symbol.for('@nest-zmq/transport');
