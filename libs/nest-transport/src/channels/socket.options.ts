import { context as defaultContext } from '@nest-zmq/core';
import { securitySocketOptions } from '../security/security.sockets.js';
import type { ZmqEndpoints, ZmqSocketOptions } from '../zmq.options.js';
import { MAX_ENVELOPE_BYTES } from '../packet/call.packet.js';
import { NAME_PROPERTY, NEST_PROPERTY, WIRE_VERSION } from '../zmq.peer.js';

const MEBIBYTE = 1024 * 1024;
/** How long one attempt to connect may take, in ms: a host that is unplugged does not answer at all. */
const DIAL_TIMEOUT = 5_000;
const DEFAULT_MAX_MESSAGE_SIZE = 16 * MEBIBYTE;
/** Of reconnects, in ms; where only one of the two is given, the other one gives way. */
const INITIAL_DELAY = 100;
const MAX_DELAY = 2_000;
/** What a message may have in all its parts, in parts of the largest size: the payload, and the rest. */
const PARTS_OF_A_MESSAGE = 4;
const MAX_FRAMES = 1_000;
/** What the core takes of one message in all its parts (its `maxUnfinishedBytes`), in bytes. */
const MAX_MESSAGE = 2 ** 31 - 1;
/** The protocol keeps it in tenths of a second, in 16 bits. */
const MAX_TIME_TO_LIVE = 6_553_500;

/** What every socket of the transport is opened with; the defaults are documented at `ZmqSocketOptions`. */
export function commonSocketOptions(options: ZmqSocketOptions) {
  const { context, peerName, heartbeat, reconnect } = options;
  return {
    ...(context === undefined ? {} : { context }),
    metadata: { [NEST_PROPERTY]: WIRE_VERSION, ...(peerName === undefined ? {} : { [NAME_PROPERTY]: peerName }) },
    ...messageLimits(options),
    handshakeInterval: options.handshakeTimeout ?? 30_000,
    busyPoll: options.busyPoll ?? 0,
    linger: options.linger ?? 1_000,
    connectTimeout: DIAL_TIMEOUT,
    reconnectInterval: reconnect?.initialDelay ?? Math.min(INITIAL_DELAY, reconnect?.maxDelay ?? INITIAL_DELAY),
    reconnectMaxInterval: reconnect?.maxDelay ?? Math.max(MAX_DELAY, reconnect?.initialDelay ?? 0),
    reconnectJitter: reconnect?.jitter ?? 0.5,
    // A server that refused us may have been misconfigured for a while: tried again, at the longest delay.
    reconnectAfterRefusal: true,
    ...securitySocketOptions(options.security),
    ...(heartbeat === false ? {} : heartbeatOptions(heartbeat?.interval ?? 5_000, heartbeat?.timeout ?? 10_000)),
  };
}

/** The largest frame, in bytes; -1 is no limit. */
export function maxMessageSize(options: ZmqSocketOptions): number {
  return options.maxMessageSize ?? DEFAULT_MAX_MESSAGE_SIZE;
}

/** The largest payload that is sent, in bytes: beyond our limit there are that of the context, and what no message may have. */
export function maxPayloadSize(options: ZmqSocketOptions): number {
  const ours = maxMessageSize(options);
  const { maxMessageSize: ofContext } = options.context ?? defaultContext;
  return Math.min(ours < 0 ? Infinity : ours, ofContext, MAX_MESSAGE - MAX_ENVELOPE_BYTES);
}

/** A message of ours has few parts, and only one of them is large. What is in front of it has one for each device on the way. */
function messageLimits(options: ZmqSocketOptions) {
  const part = maxMessageSize(options);
  if (part < 0) return { maxMessageSize: part, maxFramesPerMessage: MAX_FRAMES };
  const whole = Math.min(part * PARTS_OF_A_MESSAGE + MAX_ENVELOPE_BYTES, Number.MAX_SAFE_INTEGER);
  return { maxMessageSize: part, maxUnfinishedBytes: whole, maxFramesPerMessage: MAX_FRAMES };
}

/**
 * For calls and events, whose peers read all the time, whatever their handlers do: who takes nothing for so long is
 * stuck, or means harm. Not for pools: a busy worker stops reading.
 */
export const attentivePeer = { writeStallTimeout: 60_000 } as const;

/** For socket types that can send. */
export function sendingOptions(options: ZmqSocketOptions) {
  return {
    sendHighWaterMark: options.sendHighWaterMark ?? 1_000,
    sendHighWaterMarkBytes: options.sendHighWaterMarkBytes ?? 64 * MEBIBYTE,
  };
}

/** For socket types that can receive. */
export function receivingOptions(options: ZmqSocketOptions) {
  return {
    receiveHighWaterMark: options.receiveHighWaterMark ?? 1_000,
    receiveHighWaterMarkBytes: options.receiveHighWaterMarkBytes ?? 64 * MEBIBYTE,
  };
}

/** The peer is told to give us up after as long a silence as we give it. */
function heartbeatOptions(interval: number, timeout: number) {
  return {
    heartbeatInterval: interval,
    heartbeatTimeout: timeout,
    heartbeatTimeToLive: Math.min(interval + timeout, MAX_TIME_TO_LIVE),
  };
}

/** The part of a socket that opens endpoints. */
export interface Openable {
  bind(address: string): Promise<void>;
  connect(address: string): void;
  readonly lastEndpoint: string | null;
}

/**
 * Binds and connects.
 * @returns the endpoints as they became: with the ports that were free
 * @throws what the socket throws (EADDRINUSE, EINVAL, …), with the `address`
 */
export async function openEndpoints(socket: Openable, { bind, connect }: ZmqEndpoints): Promise<string[]> {
  const endpoints: string[] = [];
  for (const address of listOf(bind)) {
    await socket.bind(address);
    endpoints.push(socket.lastEndpoint ?? address);
  }
  for (const address of listOf(connect)) {
    socket.connect(address);
    endpoints.push(address);
  }
  return endpoints;
}

export function listOf(addresses: string | string[] | undefined): string[] {
  return addresses === undefined ? [] : typeof addresses === 'string' ? [addresses] : addresses;
}
