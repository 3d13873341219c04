import type { Context } from '@nest-zmq/core';
import type { LoggerService } from '@nestjs/common';
import type { Deserializer, Serializer } from '@nestjs/microservices';
import type { ZmqMetrics } from './metrics/zmq.metrics.js';
import type { ZmqCodec } from './packet/payload.codec.js';
import type { ZmqSecurityOptions } from './security/security.options.js';
import type { ZmqTracing } from './tracing/zmq.tracing.js';
import type { ZmqClock } from './zmq.clock.js';

/** Where a socket is. Either side may bind or connect, and one may do both. */
export interface ZmqEndpoints {
  /** One or more addresses to listen on: `tcp://*:5555`, `ipc:///run/app.sock`, `inproc://name`; port `*` or `0` is any free one. */
  bind?: string | string[] | undefined;
  /** One or more addresses to dial. They need not exist yet. */
  connect?: string | string[] | undefined;
}

/** What every socket of the transport takes: servers, clients and pools. */
export interface ZmqSocketOptions {
  /**
   * The context that the sockets live in. `inproc://` names are known within one
   * context only. Default: the process's own.
   */
  context?: Context | undefined;
  /**
   * The name that this side gives itself, at most 255 bytes. Peers see it (`client.servers()`,
   * `ctx.getPeer().properties['X-Name']`) and may address it (`ZmqRecordBuilder.setServer`).
   */
  peerName?: string | undefined;
  /**
   * Encodes payloads. Of several the first writes. What comes in is read by its content type: JSON and raw bytes
   * always, and what these codecs read. Default: JSON.
   */
  codec?: ZmqCodec | readonly ZmqCodec[] | undefined;
  /** Messages that may wait for one peer before it counts as full; 0 is no limit. Default 1,000. */
  sendHighWaterMark?: number | undefined;
  /** Messages of one peer that may wait to be handled before it is not read any more; 0 is no limit. Default 1,000. */
  receiveHighWaterMark?: number | undefined;
  /** The same in bytes; 0 is no limit. Default 64 MiB. */
  sendHighWaterMarkBytes?: number | undefined;
  /** The same in bytes; 0 is no limit. Default 64 MiB. */
  receiveHighWaterMarkBytes?: number | undefined;
  /**
   * The largest frame, in bytes: a peer that sends a larger one is disconnected, and a larger payload is not sent
   * (`ZmqTooLargeError`). -1 is no limit. Default 16 MiB.
   * All parts of one message together have at most four times as much.
   */
  maxMessageSize?: number | undefined;
  /** How long a peer may take for its handshake, in ms. Default 30,000. */
  handshakeTimeout?: number | undefined;
  /**
   * How long after the last bytes of a connection, heartbeats included, the process polls for more in place of sleeping,
   * in µs: calls one by one take less than half the time, and a processor is busy for as long. For both ends. Default 0.
   */
  busyPoll?: number | undefined;
  /** How a lost or refused connection is tried again. */
  reconnect?: ZmqReconnectOptions | undefined;
  /** How a peer that fell silent is found. `false` turns it off. Default on. */
  heartbeat?: ZmqHeartbeatOptions | false | undefined;
  /**
   * Encryption, and who may connect. Default: neither.
   *
   * @example
   * { mechanism: 'CURVE', secretKey: config.getOrThrow('ZMQ_SECRET_KEY') } // asks who connects
   * { mechanism: 'CURVE', serverKey: config.getOrThrow('ZMQ_SERVER_KEY'), secretKey: … } // tells who it is
   */
  security?: ZmqSecurityOptions | undefined;
  /** How long a closed socket goes on writing what it had accepted, in ms; -1 is as long as it takes. Default 1,000. */
  linger?: number | undefined;
  /** For tests: the source of time for timeouts and deadlines. (Sockets have the clock of their context.) */
  clock?: ZmqClock | undefined;
  /** Where this side writes its log. Default: Nest's `Logger`. What a peer can cause is written at most once in ten seconds of a kind. */
  logger?: LoggerService | undefined;
  /** Metrics: `prometheusMetrics({ registry })` of `@nest-zmq/transport/prometheus`. Default: none. */
  metrics?: ZmqMetrics | undefined;
  /** Tracing: `openTelemetryTracing()` of `@nest-zmq/transport/opentelemetry`. Default: none. */
  tracing?: ZmqTracing | undefined;
}

export interface ZmqReconnectOptions {
  /** The wait before the first new attempt, in ms. Default 100, or `maxDelay` if that is less. */
  initialDelay?: number | undefined;
  /** The wait doubles up to this, in ms; at least `initialDelay`. Default 2,000, or `initialDelay` if that is more. */
  maxDelay?: number | undefined;
  /** The part of each wait that is left to chance, 0 to 1, so that many clients do not come back in one moment. Default 0.5. */
  jitter?: number | undefined;
}

export interface ZmqHeartbeatOptions {
  /** How often a quiet peer is asked, in ms. Default 5,000. */
  interval?: number | undefined;
  /** How long its answer may take before it counts as lost, in ms. Default 10,000. */
  timeout?: number | undefined;
}

/**
 * Options of `new ZmqServer(…)`.
 *
 * @example
 * new ZmqServer({ bind: 'tcp://*:5555', events: { bind: 'tcp://*:5556' } })
 */
export interface ZmqServerOptions extends ZmqEndpoints, ZmqSocketOptions {
  /** Where events come in. Needed as soon as there is an `@EventPattern`. */
  events?: ZmqEndpoints | undefined;
  /** Whether `close()` lets clients finish: they are told to send no new calls, and calls in flight are answered. Default true. */
  gracefulShutdown?: boolean | undefined;
  /** How long that may take, in ms; it ends early when nothing is in flight. Default 10,000. */
  gracePeriod?: number | undefined;
  /** Calls that run at one time; further ones wait their turn inside their deadline. 0 is no limit. Default 0. */
  maxConcurrency?: number | undefined;
  /** Calls that may wait for their turn; a further one is answered with an error (`OVERLOADED`). Default 10,000. */
  maxWaitingCalls?: number | undefined;
  /** A stream that gives no value for so long is ended with an error, in ms; for callers behind a proxy, whose loss cannot be seen. 0 is never. Default 0. */
  streamIdleTimeout?: number | undefined;
  /** Nest's serializer, around the codec: gets `{ id, response | err, isDisposed }` and gives the same, not a promise of it. */
  serializer?: Serializer | undefined;
  /** Nest's deserializer, around the codec: gets `{ id?, pattern, data, metadata? }` and gives the same. */
  deserializer?: Deserializer | undefined;
}

/**
 * Options of `new ZmqClient(…)`.
 *
 * @example
 * new ZmqClient({ connect: ['tcp://10.0.0.1:5555', 'tcp://10.0.0.2:5555'], requestTimeout: 5_000 })
 */
export interface ZmqClientOptions extends ZmqEndpoints, ZmqSocketOptions {
  /** Where `emit()` publishes. Without it `emit()` fails. */
  events?: ZmqEndpoints | undefined;
  /**
   * How long `connect()` waits for the first handshake, and a call or an event for
   * a peer when none is there, in ms. Default 3,000.
   */
  connectTimeout?: number | undefined;
  /**
   * How long a call waits for its first value, from its start on, and between values, in ms; 0 is for ever.
   * Default 30,000.
   */
  requestTimeout?: number | undefined;
  /** How long a whole call may take, all its values included, in ms; a record's own deadline comes first. Default: no deadline. */
  deadline?: number | undefined;
  /**
   * Calls that may wait for a server at one time, and events that may wait for a subscriber; a further one fails at
   * once with `ZmqClientFullError`. So does a call for a certain server that is full, behind which as many messages
   * wait. 0: nothing waits. Default 10,000.
   */
  maxWaiting?: number | undefined;
  /** How many servers `connect()` waits for. Default 1 for a client that connects, 0 for one that binds. */
  minPeers?: number | undefined;
  /**
   * How long `emit()` waits for a server that is connected and has not subscribed yet, in ms; and how long events that
   * wait do so for one that is full and takes none. Default 1,000.
   */
  subscribeTimeout?: number | undefined;
  /** Nest's serializer, around the codec: gets `{ id?, pattern, data, metadata? }` and gives the same, not a promise of it. */
  serializer?: Serializer | undefined;
  /** Nest's deserializer, around the codec: gets `{ id, response | err, isDisposed }` and gives the same. */
  deserializer?: Deserializer | undefined;
}

/** How `client.ping()` asks. */
export interface ZmqPingOptions {
  /** How many servers it waits for, inside `timeout`. Default 1. */
  minPeers?: number | undefined;
  /** How long all of it may take, in ms. Default 1,000. */
  timeout?: number | undefined;
}

/** Of what waits at a client, or for a pool. */
export const DEFAULT_MAX_WAITING = 10_000;
