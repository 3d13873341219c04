/** The values of npm `zeromq`, and its types: what `@nest-zmq/core/zeromq` is, by `import` and by `require`. */
export { Context, context } from '../api/compat/context.js';
export type { Event, EventOfType, EventType } from '../api/compat/events.js';
export { capability, curveKeyPair, version } from '../api/compat/library.js';
export type { Message, MessageLike } from '../api/message.js';
export { type EventSubscriber, Observer } from '../api/compat/observer.js';
export { Proxy } from '../api/compat/proxy.js';
export { Socket } from '../api/compat/socket.js';
export {
  Dealer,
  Pair,
  Publisher,
  Pull,
  Push,
  Reply,
  Request,
  Router,
  Stream,
  Subscriber,
  XPublisher,
  XSubscriber,
} from '../api/compat/sockets.js';
export type {
  Readable,
  RouterConnectOptions,
  SocketOptions,
  StreamConnectOptions,
  Writable,
} from '../api/compat/types.js';
