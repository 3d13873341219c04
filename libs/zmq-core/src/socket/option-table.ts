import type { SocketTypeName } from '../foundation/socket-type.js';
import {
  bool,
  bytes,
  chunks,
  classic,
  everySocket,
  hidden,
  int,
  key,
  mark,
  markBytes,
  ms,
  msOrEver,
  noCredentials,
  noDevice,
  noFd,
  noMulticast,
  noSecurity,
  noThreads,
  noSocks,
  noVmci,
  osId,
  receiving,
  sending,
  system,
  text,
} from './option-presets.js';
import type { OptionKinds, OptionRow, ReadOnlyRow, StoredKinds } from './option-row.js';

/**
 * Every socket option: its name, libzmq's name and number, type, range, unit,
 * default, the socket types that have it, when a change counts, and what it does
 * where it does not do what it says. The only copy: the accessors of the socket
 * classes, their TypeScript types and the check of a value all come from here, and
 * `docs/options.md` is read against it.
 */

export const optionTable = {
  // ── binding and connecting ──
  immediate: { ...bool, id: 39, zmq: 'IMMEDIATE' },
  ipv6: { ...bool, id: 42, zmq: 'IPV6' },
  backlog: { ...int, id: 19, zmq: 'BACKLOG', min: 0, initial: 100, unit: 'connections' },
  connectTimeout: { ...ms, id: 79, zmq: 'CONNECT_TIMEOUT', initial: 0 },
  handshakeInterval: { ...ms, id: 66, zmq: 'HANDSHAKE_IVL', initial: 30000 },
  legacy: { ...bool, id: -10, on: classic },
  linger: { ...msOrEver, id: 17, zmq: 'LINGER', live: true },
  maxConnections: { ...int, id: -1, min: 1, initial: 65535, unit: 'connections' },
  maxHandshakes: { ...int, id: -3, min: 1, initial: 1024, unit: 'connections' },
  reconnectInterval: { ...ms, id: 18, zmq: 'RECONNECT_IVL', min: -1, initial: 100 },
  reconnectMaxInterval: { ...ms, id: 21, zmq: 'RECONNECT_IVL_MAX', initial: 0 },
  reconnectJitter: { kind: 'fraction', id: -5, min: 0, max: 1, initial: 0, on: everySocket },
  reconnectStop: { ...int, id: 109, zmq: 'RECONNECT_STOP', min: 0, max: 7, initial: 0 },
  reconnectAfterRefusal: { ...bool, id: -4 },
  metadata: { kind: 'metadata', id: 95, zmq: 'METADATA', initial: {}, on: everySocket, access: 'write-only' },
  affinity: { kind: 'mask', id: 4, zmq: 'AFFINITY', initial: 0, on: everySocket, effect: noThreads },
  useFd: { ...system, id: 89, zmq: 'USE_FD', effect: noFd },

  // ── queues and waiting ──
  sendHighWaterMark: { ...mark, id: 23, zmq: 'SNDHWM', on: sending },
  sendHighWaterMarkBytes: { ...markBytes, id: -6, on: sending, live: true },
  sendTimeout: { ...msOrEver, id: 28, zmq: 'SNDTIMEO', on: sending, live: true },
  receiveHighWaterMark: { ...mark, id: 24, zmq: 'RCVHWM', on: receiving },
  receiveHighWaterMarkBytes: { ...markBytes, id: -7, on: receiving, live: true },
  receiveTimeout: { ...msOrEver, id: 27, zmq: 'RCVTIMEO', on: receiving, live: true },
  conflate: {
    ...bool,
    id: 54,
    zmq: 'CONFLATE',
    on: ['PULL', 'PUSH', 'SUB', 'PUB', 'DEALER', 'SCATTER', 'GATHER'],
    access: 'write-only',
  },
  maxMessageSize: {
    ...int,
    id: 22,
    zmq: 'MAXMSGSIZE',
    min: Number.MIN_SAFE_INTEGER,
    max: Number.MAX_SAFE_INTEGER,
    initial: -1,
    unit: 'bytes',
  },
  maxFramesPerMessage: { ...int, id: -2, min: 1, initial: 16384, unit: 'frames' },
  inBatchSize: { ...int, id: 101, zmq: 'IN_BATCH_SIZE', min: 1, initial: 8192, unit: 'bytes', effect: chunks },
  outBatchSize: { ...int, id: 102, zmq: 'OUT_BATCH_SIZE', min: 1, initial: 262144, unit: 'bytes' },

  // ── heartbeats ──
  heartbeatInterval: { ...ms, id: 75, zmq: 'HEARTBEAT_IVL', initial: 0 },
  heartbeatTimeout: { ...ms, id: 77, zmq: 'HEARTBEAT_TIMEOUT', initial: -1 },
  heartbeatTimeToLive: { ...ms, id: 76, zmq: 'HEARTBEAT_TTL', max: 6553599, initial: 0 },

  // ── by socket type ──
  routingId: {
    kind: 'name',
    id: 5,
    zmq: 'ROUTING_ID',
    min: 1,
    max: 255,
    initial: null,
    on: ['REQ', 'REP', 'ROUTER', 'DEALER'],
  },
  mandatory: { ...bool, id: 33, zmq: 'ROUTER_MANDATORY', on: ['ROUTER'], live: true, access: 'write-only' },
  handover: { ...bool, id: 56, zmq: 'ROUTER_HANDOVER', on: ['ROUTER'], live: true, access: 'write-only' },
  routerNotify: { ...int, id: 97, zmq: 'ROUTER_NOTIFY', min: 0, max: 3, initial: 0, on: ['ROUTER'] },
  probeRouter: {
    ...bool,
    id: 51,
    zmq: 'PROBE_ROUTER',
    on: ['ROUTER', 'DEALER', 'REQ'],
    live: true,
    access: 'write-only',
  },
  notify: { ...bool, id: 73, zmq: 'STREAM_NOTIFY', initial: true, on: ['STREAM'], access: 'write-only' },
  correlate: { ...bool, id: 52, zmq: 'REQ_CORRELATE', on: ['REQ'], live: true, access: 'write-only' },
  relaxed: { ...bool, id: 53, zmq: 'REQ_RELAXED', on: ['REQ'], live: true, access: 'write-only' },
  helloMessage: {
    ...bytes,
    id: 110,
    zmq: 'HELLO_MSG',
    on: ['ROUTER', 'DEALER', 'SERVER', 'CLIENT', 'PEER'],
    access: 'write-only',
  },
  disconnectMessage: {
    ...bytes,
    id: 111,
    zmq: 'DISCONNECT_MSG',
    on: ['ROUTER', 'SERVER', 'PEER'],
    access: 'write-only',
  },
  hiccupMessage: { ...bytes, id: 114, zmq: 'HICCUP_MSG', on: ['DEALER', 'CLIENT', 'PEER'], access: 'write-only' },

  // ── publish and subscribe ──
  noDrop: {
    ...bool,
    id: 69,
    zmq: 'XPUB_NODROP',
    on: ['XPUB', 'PUB', 'RADIO'],
    access: 'write-only',
    live: true,
    warns: true,
  },
  invertMatching: {
    ...bool,
    id: 74,
    zmq: 'INVERT_MATCHING',
    on: ['PUB', 'SUB', 'XPUB', 'XSUB'],
    live: true,
    warns: true,
  },
  verbosity: {
    kind: 'verbosity',
    id: 40,
    zmq: 'XPUB_VERBOSE',
    initial: null,
    on: ['XPUB'],
    live: true,
    access: 'write-only',
  },
  verboseUnsubscribe: {
    ...bool,
    id: 115,
    zmq: 'XSUB_VERBOSE_UNSUBSCRIBE',
    on: ['XSUB'],
    live: true,
    access: 'write-only',
  },
  onlyFirstSubscribe: {
    ...bool,
    id: 108,
    zmq: 'ONLY_FIRST_SUBSCRIBE',
    on: ['XPUB', 'PUB', 'XSUB'],
    live: true,
    access: 'write-only',
  },
  manual: { ...bool, id: 71, zmq: 'XPUB_MANUAL', on: ['XPUB'], access: 'write-only', live: true, warns: true },
  lastValue: { ...bool, id: 98, zmq: 'XPUB_MANUAL_LAST_VALUE', on: ['XPUB'], live: true, access: 'write-only' },
  welcomeMessage: {
    ...bytes,
    id: 72,
    zmq: 'XPUB_WELCOME_MSG',
    on: ['XPUB'],
    access: 'write-only',
    live: true,
    warns: true,
  },
  maxSubscriptions: { ...int, id: -9, min: 0, initial: 250000, unit: 'topics', on: ['PUB', 'XPUB', 'RADIO'] },
  maxSubscriptionBytes: {
    ...int,
    id: -8,
    min: 0,
    initial: 64 * 1024 * 1024,
    unit: 'bytes',
    on: ['PUB', 'XPUB', 'RADIO'],
  },

  // ── tcp ──
  tcpKeepalive: { ...int, id: 34, zmq: 'TCP_KEEPALIVE', min: -1, max: 1, initial: -1 },
  tcpKeepaliveIdle: { ...system, id: 36, zmq: 'TCP_KEEPALIVE_IDLE', unit: 's' },
  tcpKeepaliveCount: { ...system, id: 35, zmq: 'TCP_KEEPALIVE_CNT', unit: 'probes', effect: hidden },
  tcpKeepaliveInterval: { ...system, id: 37, zmq: 'TCP_KEEPALIVE_INTVL', unit: 's', effect: hidden },
  tcpMaxRetransmitTimeout: { ...ms, id: 80, zmq: 'TCP_MAXRT', initial: 0, effect: hidden },
  tcpAcceptFilter: {
    kind: 'filters',
    id: 38,
    zmq: 'TCP_ACCEPT_FILTER',
    min: 1,
    max: 255,
    nullable: true,
    initial: [],
    on: everySocket,
    access: 'write-only',
  },
  socksProxy: { ...text, id: 68, zmq: 'SOCKS_PROXY', max: 1024, nullable: true, effect: noSocks },
  socksUsername: { ...text, id: 99, zmq: 'SOCKS_USERNAME', min: 0, nullable: true, effect: noSocks },
  socksPassword: { ...text, id: 100, zmq: 'SOCKS_PASSWORD', min: 0, nullable: true, secret: true, effect: noSocks },
  sendBufferSize: { ...system, id: 11, zmq: 'SNDBUF', unit: 'bytes', on: sending, effect: hidden },
  receiveBufferSize: { ...system, id: 12, zmq: 'RCVBUF', unit: 'bytes', on: receiving, effect: hidden },
  typeOfService: { ...int, id: 57, zmq: 'TOS', min: 0, initial: 0, effect: hidden },
  priority: { ...int, id: 112, zmq: 'PRIORITY', min: 0, initial: 0, effect: hidden },
  busyPoll: { ...int, id: 113, zmq: 'BUSY_POLL', min: 0, initial: 0, unit: 'µs', access: 'write-only', effect: hidden },
  loopbackFastPath: { ...bool, id: 94, zmq: 'LOOPBACK_FASTPATH', effect: hidden },
  interface: { ...text, id: 92, zmq: 'BINDTODEVICE', max: 15, nullable: true, effect: noDevice },

  // ── ipc ──
  ipcFilterPid: { ...osId, id: 58, zmq: 'IPC_FILTER_PID', effect: noCredentials },
  ipcFilterUid: { ...osId, id: 59, zmq: 'IPC_FILTER_UID', effect: noCredentials },
  ipcFilterGid: { ...osId, id: 60, zmq: 'IPC_FILTER_GID', effect: noCredentials },

  // ── security ──
  plainServer: { ...bool, id: 44, zmq: 'PLAIN_SERVER', effect: noSecurity },
  plainUsername: { ...text, id: 45, zmq: 'PLAIN_USERNAME', nullable: true, effect: noSecurity },
  plainPassword: { ...text, id: 46, zmq: 'PLAIN_PASSWORD', nullable: true, secret: true, effect: noSecurity },
  curveServer: { ...bool, id: 47, zmq: 'CURVE_SERVER', effect: noSecurity },
  curvePublicKey: { ...key, id: 48, zmq: 'CURVE_PUBLICKEY', effect: noSecurity },
  curveSecretKey: { ...key, id: 49, zmq: 'CURVE_SECRETKEY', secret: true, effect: noSecurity },
  curveServerKey: { ...key, id: 50, zmq: 'CURVE_SERVERKEY', effect: noSecurity },
  zapDomain: { ...text, id: 55, zmq: 'ZAP_DOMAIN', effect: noSecurity },
  zapEnforceDomain: { ...bool, id: 93, zmq: 'ZAP_ENFORCE_DOMAIN', effect: noSecurity },

  // ── multicast ──
  rate: { ...int, id: 8, zmq: 'RATE', min: 1, initial: 100, unit: 'kbit/s', effect: noMulticast },
  recoveryInterval: { ...ms, id: 9, zmq: 'RECOVERY_IVL', initial: 10000, effect: noMulticast },
  multicastHops: {
    ...int,
    id: 25,
    zmq: 'MULTICAST_HOPS',
    min: 1,
    initial: 1,
    unit: 'hops',
    on: sending,
    effect: noMulticast,
  },
  multicastLoop: { ...bool, id: 96, zmq: 'MULTICAST_LOOP', initial: true, effect: noMulticast },
  multicastMaxTransportDataUnit: {
    ...int,
    id: 84,
    zmq: 'MULTICAST_MAXTPDU',
    min: 1,
    initial: 1500,
    unit: 'bytes',
    effect: noMulticast,
  },

  // ── vmci ──
  vmciBufferSize: { ...int, id: 85, zmq: 'VMCI_BUFFER_SIZE', min: 0, initial: 65546, unit: 'bytes', effect: noVmci },
  vmciBufferMinSize: {
    ...int,
    id: 86,
    zmq: 'VMCI_BUFFER_MIN_SIZE',
    min: 0,
    initial: 128,
    unit: 'bytes',
    effect: noVmci,
  },
  vmciBufferMaxSize: {
    ...int,
    id: 87,
    zmq: 'VMCI_BUFFER_MAX_SIZE',
    min: 0,
    initial: 262144,
    unit: 'bytes',
    effect: noVmci,
  },
  vmciConnectTimeout: { ...system, id: 88, zmq: 'VMCI_CONNECT_TIMEOUT', unit: 'ms', effect: noVmci },
} as const satisfies Record<string, OptionRow>;

/** Not to be set. */
export const readOnlyTable = {
  type: { id: 16, zmq: 'TYPE', type: 'number', on: everySocket },
  lastEndpoint: { id: 32, zmq: 'LAST_ENDPOINT', type: 'string', on: everySocket },
  securityMechanism: { id: 43, zmq: 'MECHANISM', type: 'mechanism', on: everySocket },
  threadSafe: { id: 81, zmq: 'THREAD_SAFE', type: 'boolean', on: everySocket },
  topicsCount: { id: 116, zmq: 'TOPICS_COUNT', type: 'number', on: ['PUB', 'XPUB', 'SUB', 'XSUB'] },
} as const satisfies Record<string, ReadOnlyRow>;

type Table = typeof optionTable;
export type OptionName = keyof Table;
export type OptionValue<Name extends OptionName> = OptionKinds[Table[Name]['kind']];

type StoredValue<Name extends OptionName> = Table[Name]['kind'] extends keyof StoredKinds
  ? StoredKinds[Table[Name]['kind']]
  : OptionValue<Name>;

/** All options with what is kept of their values, whatever the socket type. */
export type OptionValues = { [Name in OptionName]: StoredValue<Name> };

export type ReadOnlyOptionName = keyof typeof readOnlyTable;

export const optionNames = Object.keys(optionTable) as OptionName[];
export const readOnlyOptionNames = Object.keys(readOnlyTable) as ReadOnlyOptionName[];

export function rowOf(name: OptionName): OptionRow {
  return optionTable[name];
}

const namesById = new Map(optionNames.map((name) => [optionTable[name].id as number, name]));

/** The option with libzmq's number. */
export function optionById(id: number): OptionName | undefined {
  return namesById.get(id);
}

/** libzmq gives these three no linger: what they send is subscriptions, which are not worth waiting for. */
const withoutLinger: readonly SocketTypeName[] = ['SUB', 'XSUB', 'DISH'];

const initialValues = Object.fromEntries(
  optionNames.map((name) => [name, optionTable[name].initial]),
) as unknown as OptionValues;

export function defaultOptions(type: SocketTypeName): OptionValues {
  const values = { ...initialValues };
  if (withoutLinger.includes(type)) values.linger = 0;
  return values;
}
