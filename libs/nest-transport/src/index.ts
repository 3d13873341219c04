export type { ZmqPing } from './channels/call-client.channel.js';
export type { CallServerStats } from './channels/call-server.channel.js';
export type { EventPublisherStats } from './channels/event-publisher.channel.js';
export type { ZmqForwarderEnd, ZmqForwarderOptions } from './forwarder/forwarder.options.js';
export type { ZmqForwarderRegistration } from './forwarder/forwarder.module.js';
export {
  ZmqForwarder,
  type ZmqForwarderInfo,
  type ZmqForwarderSockets,
  type ZmqForwarderStats,
} from './forwarder/zmq.forwarder.js';
export type { ZmqEventHandlerOptions } from './inflight/event.handler.js';
export type { EventRunnerStats } from './inflight/event.runner.js';
export type { PendingCallsStats } from './inflight/pending.stats.js';
export type { ServerCallsStats } from './inflight/server.calls.js';
export type { ZmqServerInfo } from './inflight/server.link.js';
export type {
  ZmqMetrics,
  ZmqMetricsKind,
  ZmqMetricsSource,
  ZmqOutcome,
  ZmqWork,
  ZmqWorkLabels,
} from './metrics/zmq.metrics.js';
export type { ZmqHeaders } from './packet/metadata.codec.js';
export { ZmqAuthenticatorError } from './security/authenticator.errors.js';
export {
  getZmqAuthenticatorToken,
  InjectZmqAuthenticator,
  type ZmqAuthenticatorRegistration,
} from './security/authenticator.module.js';
export type { ZmqAuthenticatorOptions, ZmqDomainRules } from './security/authenticator.options.js';
export type {
  ZmqCurveClientSecurity,
  ZmqCurveServerSecurity,
  ZmqKey,
  ZmqNullSecurity,
  ZmqPlainClientSecurity,
  ZmqPlainServerSecurity,
  ZmqSecurityOptions,
} from './security/security.options.js';
export { ZapHandler, type ZmqAdmission, type ZmqAuthenticator } from './security/zap-handler.decorator.js';
export { jsonCodec, type ZmqCodec, type ZmqPayloadUse } from './packet/payload.codec.js';
export type {
  ZmqIncoming,
  ZmqOutgoing,
  ZmqOutgoingSpan,
  ZmqSpan,
  ZmqSpanEnd,
  ZmqTraced,
  ZmqTracing,
} from './tracing/zmq.tracing.js';
export type { ZmqPoolRegistration } from './worker/pool.module.js';
export type { ZmqTaskFailure } from './worker/task.failure.js';
export { ZmqTaskContext } from './worker/task.context.js';
export { OnDeadLetter } from './worker/dead.letter.decorator.js';
export type { ZmqDeadLetter, ZmqDeadLetterHook, ZmqDeadLetterReason } from './worker/dead.letters.js';
export type { DispatcherCounts } from './worker/dispatcher.counts.js';
export type { AckCounts } from './worker/acked.runner.js';
export type { ZmqPoolAckStats } from './worker/acked.pool.js';
export type { ZmqWorkersAckStats } from './worker/acked.workers.js';
export type { TaskRetryOptions } from './worker/task.retry.js';
export {
  OnTask,
  OnTaskFailure,
  type OnTaskOptions,
  type ZmqTaskMethodDecorator,
  ZmqWorker,
  type ZmqWorkerOptions,
} from './worker/worker.decorators.js';
export {
  ZmqFinalError,
  ZmqPoolFullError,
  ZmqTaskError,
  ZmqTaskLostError,
  ZmqWorkerError,
} from './worker/worker.errors.js';
export type { ZmqPoolEnd, ZmqPoolOptions, ZmqWorkersOptions } from './worker/worker.options.js';
export type { ZmqWorkersRegistration } from './worker/workers.module.js';
export { ZmqPool, type ZmqPoolStats, type ZmqPushOptions, type ZmqRunOptions } from './worker/zmq.pool.js';
export { ZmqWorkers, type ZmqWorkersStats } from './worker/zmq.workers.js';
export { zmqMicroservice } from './zmq.microservice.js';
export { ZmqModule } from './zmq.module.js';
export type { ZmqRootRegistration } from './zmq.root.module.js';
export type { ZmqRootOptions, ZmqSharedOptions } from './zmq.root.options.js';
export {
  getZmqClientToken,
  getZmqForwarderToken,
  getZmqPoolToken,
  getZmqWorkersToken,
  InjectZmqClient,
  InjectZmqForwarder,
  InjectZmqPool,
  InjectZmqWorkers,
} from './zmq.tokens.js';
export type { ZmqClientRegistration } from './zmq.client.module.js';
export { ZmqClient, type ZmqClientSockets } from './zmq.client.js';
export type { ZmqClientStats } from './zmq.client.stats.js';
export { systemClock, type ZmqClock, type ZmqTimer } from './zmq.clock.js';
export { ZMQ_TRANSPORT } from './zmq.constants.js';
export { ZmqContext } from './zmq.context.js';
export {
  type PeerLossReason,
  ZmqClientFullError,
  ZmqClosedError,
  ZmqCodecError,
  ZmqMalformedError,
  ZmqMissingPackageError,
  ZmqNoPeerError,
  ZmqOptionsError,
  ZmqPatternError,
  ZmqPeerLostError,
  ZmqTimeoutError,
  ZmqTooLargeError,
  ZmqTransportError,
} from './zmq.errors.js';
export type { ZmqClientEvents, ZmqListenInfo, ZmqServerEvents } from './zmq.events.js';
export { HttpToRpcExceptionFilter, type ZmqHttpError } from './zmq.http.filter.js';
export type {
  ZmqClientOptions,
  ZmqEndpoints,
  ZmqHeartbeatOptions,
  ZmqPingOptions,
  ZmqReconnectOptions,
  ZmqServerOptions,
  ZmqSocketOptions,
} from './zmq.options.js';
export { NAME_PROPERTY, NEST_PROPERTY, type ZmqPeer } from './zmq.peer.js';
export { ZmqRecord, ZmqRecordBuilder } from './zmq.record.js';
export { ZmqServer, type ZmqServerSockets, type ZmqServerStats } from './zmq.server.js';
export { ZmqStatus } from './zmq.status.js';
