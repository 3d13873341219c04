/** ZeroMQ in pure TypeScript. The names are those of zeromq.js; what is added is documented where it is. */
export {
  Authenticator,
  type AuthenticatorEvent,
  type AuthenticatorEventOfType,
  type AuthenticatorEventType,
  type AuthenticatorOptions,
} from './api/authenticator.js';
export { type PeerOptions, type Readable, type SendOptions, type Writable } from './api/capabilities.js';
export { capability, version } from './api/compat/library.js';
export { Context, context, type ContextOptions, type ContextParts, createContext } from './api/context.js';
export { curveKeyPair, curvePublicKey } from './api/curve-keys.js';
export {
  Channel,
  Client,
  Dish,
  type DishGroupOptions,
  Gather,
  PeerSocket,
  Radio,
  type RadioGroupOptions,
  Scatter,
  Server,
  type ServerRoutingOptions,
} from './api/draft-sockets.js';
export type { Message, MessageLike } from './api/message.js';
export { type Event, type EventOfType, type EventType, Observer } from './api/observer.js';
export type { SocketOptions } from './api/options.js';
export type { Pollable, PollableStream, PollEvents } from './api/polled.js';
export { Poller, type PollerOptions, type PollResult } from './api/poller.js';
export { Proxy, type ProxyRunOptions, type ProxyStatistics, type ProxyTraffic } from './api/proxy.js';
export { Socket } from './api/socket.js';
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
  type StreamConnectOptions,
  Subscriber,
  XPublisher,
  XSubscriber,
} from './api/sockets.js';
export { type Clock, systemClock, type Timer } from './foundation/clock.js';
export {
  channelNames,
  type ConnectionEnded,
  type ConnectionRefused,
  type CounterName,
  counters,
  type Statistics,
  stats,
} from './foundation/diagnostics.js';
export { AuthenticationError, ProtocolError, UnavailableError, ZmqError } from './foundation/errors.js';
export { monitorEvents } from './foundation/monitor-events.js';
export type { CloseReason } from './foundation/peer-info.js';
export type { RandomSource } from './foundation/random.js';
export { decodeZ85, encodeZ85 } from './foundation/z85.js';
export type { Certificate, NewCertificate } from './keys/certificate.js';
export { type CertificateFiles, loadCertificate, saveCertificate, type SaveOptions } from './keys/certificate-file.js';
export { type Certificates, loadCertificates } from './keys/certificate-folder.js';
export type { CurveKeyPair } from './keys/key-pair.js';
export type {
  AuthenticationRequest,
  Authenticator as ContextAuthenticator,
  Verdict,
} from './mechanism/authenticator.js';
export type { CryptoBackend, CryptoSource } from './mechanism/crypto-backend.js';
export type { ConnectOptions } from './socket/endpoints.js';
export type { Group } from './socket/groups.js';
export type { Peer, PeerSink } from './socket/peer.js';
export type { MonitorType } from './socket/monitor.js';
export type { MonitorVersion } from './socket/monitor-frames.js';
export type { MessageSink } from './socket/receiver.js';
export type { SubscriptionEvent } from './socket/subscriptions.js';
export type { Admission, AdmissionCallback, AdmissionDetails } from './zap/admission.js';
export type { CertificateFolderOptions, CurveKeys } from './zap/key-rules.js';
export type { PlainPasswords } from './zap/password-rules.js';
export type { ZapMechanism, ZapRequest } from './zap/zap-request.js';
