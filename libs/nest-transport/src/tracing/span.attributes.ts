import type { ZmqIncoming, ZmqOutgoing, ZmqSpanEnd } from './zmq.tracing.js';

/** Names and values of one span, in the words of OpenTelemetry's conventions for RPC and messaging. */
export interface SpanShape {
  readonly name: string;
  readonly attributes: Record<string, string | number>;
}

const SYSTEM = 'zeromq';

/** A message that leaves. */
export function outgoingShape(message: ZmqOutgoing): SpanShape {
  const { kind, name } = message;
  if (kind === 'call') return { name, attributes: { 'rpc.system.name': 'nest_zmq', 'rpc.method': name } };
  const operation = kind === 'event' ? 'publish' : 'push';
  return { name: `${operation} ${nameOf(message)}`, attributes: messaging(message, operation, 'send') };
}

/** A message that is handled. */
export function incomingShape(message: ZmqIncoming): SpanShape {
  const { kind, name, pattern = name, attempt, peerAddress } = message;
  const peer = addressOf('network.peer', peerAddress);
  if (kind === 'call') {
    return { name: pattern, attributes: { 'rpc.system.name': 'nest_zmq', 'rpc.method': pattern, ...peer } };
  }
  const attributes = { ...messaging(message, 'process', 'process'), ...peer };
  if (kind === 'event' && pattern !== name) Object.assign(attributes, { 'messaging.destination.template': pattern });
  if (attempt !== undefined) Object.assign(attributes, { 'nest_zmq.task.attempt': attempt });
  return { name: `process ${kind === 'event' ? pattern : nameOf(message)}`, attributes };
}

/** What is known at the end. */
export function endAttributes({ outcome, error, peerAddress }: ZmqSpanEnd): Record<string, string | number> {
  return {
    'nest_zmq.outcome': outcome,
    ...(peerAddress === undefined ? {} : addressOf('server', peerAddress)),
    ...(error === undefined ? {} : { 'error.type': errorType(error) }),
  };
}

/** A sentence for people. */
export function messageOf(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'message' in error) return String(error.message);
  return String(error);
}

function messaging(message: ZmqOutgoing, operation: string, type: 'send' | 'process'): Record<string, string | number> {
  const { kind, name, pool } = message;
  return {
    'messaging.system': SYSTEM,
    'messaging.operation.name': operation,
    'messaging.operation.type': type,
    'messaging.destination.name': pool ?? name,
    ...(kind === 'task' ? { 'nest_zmq.task.name': name } : {}),
  };
}

/** An event's topic, a task's pool and name. */
function nameOf({ name, pool }: ZmqOutgoing): string {
  return pool === undefined ? name : `${pool} ${name}`;
}

/** `10.0.0.1:5555` has a port; a socket file and an inproc name have none. */
function addressOf(prefix: string, address: string): Record<string, string | number> {
  const [, host, port] = /^\[?([^/]*?)\]?:(\d+)$/.exec(address) ?? [];
  return host === undefined
    ? { [`${prefix}.address`]: address }
    : { [`${prefix}.address`]: host, [`${prefix}.port`]: Number(port) };
}

/** A stable word: the code, or the name. */
function errorType(error: unknown): string {
  if (typeof error !== 'object' || error === null) return typeof error;
  const { code, name, status } = error as { code?: unknown; name?: unknown; status?: unknown };
  for (const word of [code, name, status]) {
    if (typeof word === 'string' || typeof word === 'number') return String(word);
  }
  return 'Error';
}
