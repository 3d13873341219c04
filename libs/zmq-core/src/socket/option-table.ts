import type { SocketTypeName } from '../foundation/socket-type.js';
import {
  bool,
  bytes,
  chunks,
  classic,
  everySocket,
  flag,
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
  noThreads,
  noVmci,
  osId,
  receiving,
  sending,
  system,
  text,
  vmciSize,
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
  /** A `connect` has no queue until its handshake is done, so messages go only to peers that are there. Default false. */
  immediate: { ...bool, id: 39, zmq: 'IMMEDIATE' },
  /** IPv6 as well: names resolve to both kinds, and `*` binds to both. Default false. */
  ipv6: { ...bool, id: 42, zmq: 'IPV6' },
  /** Connections that the system holds for a bound endpoint until they are accepted. In connections, default 100. */
  backlog: { ...int, id: 19, zmq: 'BACKLOG', min: 0, initial: 100, unit: 'connections' },
  /** How long one try to connect may take; 0 = as long as the system lets it. In ms, default 0. */
  connectTimeout: { ...ms, id: 79, zmq: 'CONNECT_TIMEOUT', initial: 0 },
  /** A connection whose handshake is not done by then is closed; 0 = it may take for ever. In ms, default 30000. */
  handshakeInterval: { ...ms, id: 66, zmq: 'HANDSHAKE_IVL', initial: 30000 },
  /** Peers that know no other version are spoken to in ZMTP 2.0 or 1.0 (libzmq 3.2 and 2.x). Default false. */
  legacy: { ...bool, id: -10, on: classic },
  /** How long `close`, `disconnect`, `unbind` and the end of the process wait for what was sent; -1 = until it is out, 0 = not at all. In ms, default -1. */
  linger: { ...msOrEver, id: 17, zmq: 'LINGER', live: true },
  /** Connections of one bound endpoint. In connections, default 65535. */
  maxConnections: { ...int, id: -1, min: 1, initial: 65535, unit: 'connections' },
  /** Of those over tcp, connections that come from one address; 0 = no limit. In connections, default 0. */
  maxConnectionsPerAddress: { ...int, id: -14, min: 0, initial: 0, unit: 'connections' },
  /** Handshakes of one bound endpoint that are under way. In connections, default 1024. */
  maxHandshakes: { ...int, id: -3, min: 1, initial: 1024, unit: 'connections' },
  /** A peer that takes nothing of what is to be written to it for so long is disconnected; 0 = never. In ms, default 3600000. */
  writeStallTimeout: { ...ms, id: -11, initial: 3_600_000 },
  /** The wait before the next try to connect. In ms, default 100. */
  reconnectInterval: { ...ms, id: 18, zmq: 'RECONNECT_IVL', min: -1, initial: 100 },
  /** When more than 0, the wait doubles from `reconnectInterval` up to this, without a random part; it begins anew after each connection. In ms, default 0. */
  reconnectMaxInterval: { ...ms, id: 21, zmq: 'RECONNECT_IVL_MAX', initial: 0 },
  /** The part of each wait, where there is a `reconnectMaxInterval` or after a refusal, that chance may take away: many who lost one server do not come back in one moment. Default 0. */
  reconnectJitter: { kind: 'fraction', id: -5, min: 0, max: 1, initial: 0, on: everySocket },
  /** When not to connect again, as a sum: 1 when the connection was refused, 2 when the handshake failed or the connection was lost in it, 4 after `disconnect`, for what was still to be sent. Default 0. */
  reconnectStop: { ...int, id: 109, zmq: 'RECONNECT_STOP', min: 0, max: 7, initial: 0 },
  /** Connect again, after the longest wait, even to a peer that broke the protocol or refused us. Default false. */
  reconnectAfterRefusal: { ...bool, id: -4 },
  /** Properties that every peer is told in the handshake. Default {}. */
  metadata: { kind: 'metadata', id: 95, zmq: 'METADATA', initial: {}, on: everySocket, access: 'write-only' },
  /** A bit mask of the I/O threads that serve the socket; 0 = all. Default 0. Without effect here. */
  affinity: { kind: 'mask', id: 4, zmq: 'AFFINITY', initial: 0, on: everySocket, effect: noThreads },
  /** A descriptor that is open already, to bind or connect with; -1 = none. Default -1. Refused here. */
  useFd: { ...system, id: 89, zmq: 'USE_FD', effect: noFd },

  // ── queues and waiting ──
  /** Messages that wait for one peer; 0 = no limit. In messages, default 1000. */
  sendHighWaterMark: { ...mark, id: 23, zmq: 'SNDHWM', on: sending },
  /** The same limit in bytes, beside the one in messages; 0 = none. In bytes, default 0. */
  sendHighWaterMarkBytes: { ...markBytes, id: -6, on: sending, live: true },
  /** How long `send` waits for room before it rejects with EAGAIN; -1 = for ever, 0 = not at all. In ms, default -1. */
  sendTimeout: { ...msOrEver, id: 28, zmq: 'SNDTIMEO', on: sending, live: true },
  /** Messages of one peer that wait to be received; 0 = no limit. In messages, default 1000. */
  receiveHighWaterMark: { ...mark, id: 24, zmq: 'RCVHWM', on: receiving },
  /** The same limit in bytes, beside the one in messages; 0 = none. In bytes, default 0. */
  receiveHighWaterMarkBytes: { ...markBytes, id: -7, on: receiving, live: true },
  /** How long `receive` waits for a message before it rejects with EAGAIN; -1 = for ever, 0 = not at all. In ms, default -1. */
  receiveTimeout: { ...msOrEver, id: 27, zmq: 'RCVTIMEO', on: receiving, live: true },
  /** Each queue keeps only its newest message. Default false. */
  conflate: {
    ...bool,
    id: 54,
    zmq: 'CONFLATE',
    on: ['PULL', 'PUSH', 'SUB', 'PUB', 'DEALER', 'SCATTER', 'GATHER'],
    access: 'write-only',
  },
  /** A peer that sends a larger part is disconnected; -1 and all that is less = no limit but the context's. In bytes, default -1. */
  maxMessageSize: {
    ...int,
    id: 22,
    zmq: 'MAXMSGSIZE',
    min: Number.MIN_SAFE_INTEGER,
    max: Number.MAX_SAFE_INTEGER,
    initial: -1,
    unit: 'bytes',
  },
  /** A peer that sends a message of more parts is disconnected. In frames, default 16384. */
  maxFramesPerMessage: { ...int, id: -2, min: 1, initial: 16384, unit: 'frames' },
  /** A peer whose message has more bytes in all its parts is disconnected: they are held until the last has come. In bytes, default 2147483647. */
  maxUnfinishedBytes: {
    ...int,
    id: -12,
    min: 1,
    max: Number.MAX_SAFE_INTEGER,
    initial: 2147483647,
    unit: 'bytes',
  },
  /** What is read from a connection at once. In bytes, default 8192. Without effect here. */
  inBatchSize: { ...int, id: 101, zmq: 'IN_BATCH_SIZE', min: 1, initial: 8192, unit: 'bytes', effect: chunks },
  /** A write takes messages until it has so many bytes; a message is never divided. In bytes, default 262144. */
  outBatchSize: { ...int, id: 102, zmq: 'OUT_BATCH_SIZE', min: 1, initial: 262144, unit: 'bytes' },

  // ── heartbeats ──
  /** The time between the PINGs that each peer is sent; 0 = none are sent. In ms, default 0. */
  heartbeatInterval: { ...ms, id: 75, zmq: 'HEARTBEAT_IVL', initial: 0 },
  /** A peer from which nothing came so long after a PING is disconnected; -1, which cannot be set again, = `heartbeatInterval`; 0 = never. In ms, default -1. */
  heartbeatTimeout: { ...ms, id: 77, zmq: 'HEARTBEAT_TIMEOUT', initial: -1 },
  /** How long the peer may wait for the next sign of us: it is told in each PING, and disconnects us then; 0 = no such promise. In ms, default 0. */
  heartbeatTimeToLive: { ...ms, id: 76, zmq: 'HEARTBEAT_TTL', max: 6553599, initial: 0 },
  /** A peer that sends PINGs and leaves more answers unread is disconnected. In answers, default 1000. */
  maxPendingPongs: { ...int, id: -13, min: 1, initial: 1000, unit: 'answers' },

  // ── by socket type ──
  /** The name that ROUTER peers know the socket by. Default null. */
  routingId: {
    kind: 'name',
    id: 5,
    zmq: 'ROUTING_ID',
    min: 1,
    max: 255,
    initial: null,
    on: ['REQ', 'REP', 'ROUTER', 'DEALER'],
  },
  /** `send` to an unknown peer rejects with EHOSTUNREACH and waits for a full one. Default false. */
  mandatory: { ...flag, id: 33, zmq: 'ROUTER_MANDATORY', on: ['ROUTER'] },
  /** A new peer takes over a routing id that is in use, and the old one is disconnected. Default false. */
  handover: { ...flag, id: 56, zmq: 'ROUTER_HANDOVER', on: ['ROUTER'] },
  /** A message of the routing id and an empty part is received, as a sum: 1 when a peer comes, 2 when it goes. Default 0. */
  routerNotify: { ...int, id: 97, zmq: 'ROUTER_NOTIFY', min: 0, max: 3, initial: 0, on: ['ROUTER'] },
  /** Each new connection begins with an empty message, so that a ROUTER there knows the socket at once. Default false. */
  probeRouter: { ...flag, id: 51, zmq: 'PROBE_ROUTER', on: ['ROUTER', 'DEALER', 'REQ'] },
  /** An empty message tells of each connection that comes and goes. Default true. */
  notify: { ...bool, id: 73, zmq: 'STREAM_NOTIFY', initial: true, on: ['STREAM'], access: 'write-only' },
  /** A number in front of each request, by which only the answer to that request is taken. Default false. */
  correlate: { ...flag, id: 52, zmq: 'REQ_CORRELATE', on: ['REQ'] },
  /** A new request may be sent before the answer came, which is then dropped. Default false. */
  relaxed: { ...flag, id: 53, zmq: 'REQ_RELAXED', on: ['REQ'] },
  /** What each new peer is sent first; empty or `null` = nothing. Default null. */
  helloMessage: { ...bytes, id: 110, zmq: 'HELLO_MSG', on: ['ROUTER', 'DEALER', 'SERVER', 'CLIENT', 'PEER'] },
  /** What is received when a peer that had connected to us goes; empty or `null` = nothing. Default null. */
  disconnectMessage: { ...bytes, id: 111, zmq: 'DISCONNECT_MSG', on: ['ROUTER', 'SERVER', 'PEER'] },
  /** What is received when the connection to a peer was lost and is sought again; empty or `null` = nothing. Default null. */
  hiccupMessage: { ...bytes, id: 114, zmq: 'HICCUP_MSG', on: ['DEALER', 'CLIENT', 'PEER'] },

  // ── publish and subscribe ──
  /** A full subscriber makes `send` wait (EAGAIN after `sendTimeout`) instead of missing the message. Default false. */
  noDrop: { ...flag, id: 69, zmq: 'XPUB_NODROP', on: ['XPUB', 'PUB', 'RADIO'], warns: true },
  /** What does not match is sent and received. Default false. */
  invertMatching: {
    ...bool,
    id: 74,
    zmq: 'INVERT_MATCHING',
    on: ['PUB', 'SUB', 'XPUB', 'XSUB'],
    live: true,
    warns: true,
  },
  /** Which subscriptions are received besides the first to a topic and the last cancellation: all subscriptions, or also all cancellations. libzmq has two options for it, the other is XPUB_VERBOSER 78. Default null. */
  verbosity: {
    kind: 'verbosity',
    id: 40,
    zmq: 'XPUB_VERBOSE',
    initial: null,
    on: ['XPUB'],
    live: true,
    access: 'write-only',
  },
  /** Every cancellation is sent on, not only the last of a topic. Default false. */
  verboseUnsubscribe: { ...flag, id: 115, zmq: 'XSUB_VERBOSE_UNSUBSCRIBE', on: ['XSUB'] },
  /** Only the first part of a message can be a subscription; what follows is the message of a user. Default false. */
  onlyFirstSubscribe: { ...flag, id: 108, zmq: 'ONLY_FIRST_SUBSCRIBE', on: ['XPUB', 'PUB', 'XSUB'] },
  /** Subscriptions are received and do nothing: the program itself subscribes the peer whose request it received last. Default false. */
  manual: { ...flag, id: 71, zmq: 'XPUB_MANUAL', on: ['XPUB'], warns: true },
  /** Like `manual`, and the next message goes only to the peer whose subscription was confirmed last: a new subscriber gets the last value. Default false. */
  lastValue: { ...flag, id: 98, zmq: 'XPUB_MANUAL_LAST_VALUE', on: ['XPUB'] },
  /** What each new subscriber is sent first; empty or `null` = nothing. Default null. */
  welcomeMessage: { ...bytes, id: 72, zmq: 'XPUB_WELCOME_MSG', on: ['XPUB'], live: true, warns: true },
  /** A peer that holds more topics is disconnected; 0 = none are allowed. In topics, default 250000. */
  maxSubscriptions: {
    ...int,
    id: -9,
    min: 0,
    initial: 250000,
    unit: 'topics',
    on: ['PUB', 'XPUB', 'RADIO'],
    live: true,
  },
  /** A peer whose topics are longer in sum is disconnected. In bytes, default 67108864. */
  maxSubscriptionBytes: {
    ...int,
    id: -8,
    min: 0,
    initial: 64 * 1024 * 1024,
    unit: 'bytes',
    on: ['PUB', 'XPUB', 'RADIO'],
    live: true,
  },
  /** A peer that has told of more subscriptions and cancellations that the program has not received is disconnected. In notifications, default 500000. */
  maxPendingNotifications: {
    ...int,
    id: -17,
    min: 1,
    initial: 500_000,
    unit: 'notifications',
    on: ['XPUB'],
    live: true,
  },
  /** The same limit in bytes, beside the one in notifications. In bytes, default 134217728. */
  maxPendingNotificationBytes: { ...int, id: -18, min: 1, initial: 2 ** 27, unit: 'bytes', on: ['XPUB'], live: true },

  // ── tcp ──
  /** TCP keepalive probes: 1 = yes, 0 and -1 = no. Default -1. */
  tcpKeepalive: { ...int, id: 34, zmq: 'TCP_KEEPALIVE', min: -1, max: 1, initial: -1 },
  /** With `tcpKeepalive`: the silence before the first probe; -1 and 0 = the system's. In s, default -1. */
  tcpKeepaliveIdle: { ...system, id: 36, zmq: 'TCP_KEEPALIVE_IDLE', unit: 's' },
  /** Probes without an answer that end a connection; -1 = the system's. In probes, default -1. Without effect here. */
  tcpKeepaliveCount: { ...system, id: 35, zmq: 'TCP_KEEPALIVE_CNT', unit: 'probes', effect: hidden },
  /** The time between two probes; -1 = the system's. In s, default -1. Without effect here. */
  tcpKeepaliveInterval: { ...system, id: 37, zmq: 'TCP_KEEPALIVE_INTVL', unit: 's', effect: hidden },
  /** How long sent data may stay unacknowledged; 0 = as long as the system lets it. In ms, default 0. Without effect here. */
  tcpMaxRetransmitTimeout: { ...ms, id: 80, zmq: 'TCP_MAXRT', initial: 0, effect: hidden },
  /** Addresses that may connect over tcp: `10.0.0.0/8`, `::1`. Default null. */
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
  /** `host:port` of a SOCKS5 proxy that tcp connections go through; `null` = none. Default null. */
  socksProxy: { ...text, id: 68, zmq: 'SOCKS_PROXY', max: 1024, nullable: true },
  /** The login at the proxy; empty, which is read as `null`, or `null` = without. Default null. */
  socksUsername: { ...text, id: 99, zmq: 'SOCKS_USERNAME', min: 0, nullable: true },
  /** The password for `socksUsername`. Default null. */
  socksPassword: { ...text, id: 100, zmq: 'SOCKS_PASSWORD', min: 0, nullable: true, secret: true },
  /** The system's buffer of a connection, outwards; -1 = its own choice. In bytes, default -1. Without effect here. */
  sendBufferSize: { ...system, id: 11, zmq: 'SNDBUF', unit: 'bytes', on: sending, effect: hidden },
  /** The system's buffer of a connection, inwards; -1 = its own choice. In bytes, default -1. Without effect here. */
  receiveBufferSize: { ...system, id: 12, zmq: 'RCVBUF', unit: 'bytes', on: receiving, effect: hidden },
  /** The type of service in each IP packet. Default 0. Without effect here. */
  typeOfService: { ...int, id: 57, zmq: 'TOS', min: 0, initial: 0, effect: hidden },
  /** The priority of packets in the system's queue (SO_PRIORITY). Default 0. Without effect here. */
  priority: { ...int, id: 112, zmq: 'PRIORITY', min: 0, initial: 0, effect: hidden },
  /** How long after the last bytes of a connection the process polls for more in place of sleeping, over tcp and ipc. In µs, default 0. */
  busyPoll: { ...int, id: 113, zmq: 'BUSY_POLL', min: 0, initial: 0, unit: 'µs', access: 'write-only' },
  /** A shortcut for connections inside a machine, on Windows. Default false. Without effect here. */
  loopbackFastPath: { ...bool, id: 94, zmq: 'LOOPBACK_FASTPATH', effect: hidden },
  /** The device that tcp connections go through (SO_BINDTODEVICE); `null` = any. Default null. Refused here. */
  interface: { ...text, id: 92, zmq: 'BINDTODEVICE', max: 15, nullable: true, effect: noDevice },

  // ── ipc ──
  /** A process that may connect over ipc; `null` = all. Default null. Refused here. */
  ipcFilterPid: { ...osId, id: 58, zmq: 'IPC_FILTER_PID', effect: noCredentials },
  /** A user that may connect over ipc; `null` = all. Default null. Refused here. */
  ipcFilterUid: { ...osId, id: 59, zmq: 'IPC_FILTER_UID', effect: noCredentials },
  /** A group that may connect over ipc; `null` = all. Default null. Refused here. */
  ipcFilterGid: { ...osId, id: 60, zmq: 'IPC_FILTER_GID', effect: noCredentials },

  // ── security ──
  /** The socket is the PLAIN server: it asks a ZAP handler about each peer, and refuses all while there is none. Default false. */
  plainServer: { ...bool, id: 44, zmq: 'PLAIN_SERVER' },
  /** The name that a PLAIN client shows; `null` = no PLAIN. Default null. */
  plainUsername: { ...text, id: 45, zmq: 'PLAIN_USERNAME', nullable: true },
  /** The password that a PLAIN client shows; `null` = no PLAIN. Default null. */
  plainPassword: { ...text, id: 46, zmq: 'PLAIN_PASSWORD', nullable: true, secret: true },
  /** The socket is the CURVE server: it needs `curveSecretKey`. Default false. */
  curveServer: { ...bool, id: 47, zmq: 'CURVE_SERVER' },
  /** The socket's own long-term public key, which a client shows; `null` = the one that belongs to `curveSecretKey`. Default null. */
  curvePublicKey: { ...key, id: 48, zmq: 'CURVE_PUBLICKEY' },
  /** The socket's own long-term secret key. Default null. */
  curveSecretKey: { ...key, id: 49, zmq: 'CURVE_SECRETKEY', secret: true },
  /** The public key of the server that a CURVE client wants. Default null. */
  curveServerKey: { ...key, id: 50, zmq: 'CURVE_SERVERKEY' },
  /** Told to the ZAP handler that is asked about peers; with NULL nobody is asked without one. Default null. */
  zapDomain: { ...text, id: 55, zmq: 'ZAP_DOMAIN' },
  /** Who connects is refused while there is no ZAP handler; with NULL, where there is a `zapDomain`. Default false. */
  zapEnforceDomain: { ...bool, id: 93, zmq: 'ZAP_ENFORCE_DOMAIN' },

  // ── multicast ──
  /** The fastest that multicast data are sent. In kbit/s, default 100. Without effect here. */
  rate: { ...int, id: 8, zmq: 'RATE', min: 1, initial: 100, unit: 'kbit/s', effect: noMulticast },
  /** How long lost multicast data may be asked for again. In ms, default 10000. Without effect here. */
  recoveryInterval: { ...ms, id: 9, zmq: 'RECOVERY_IVL', initial: 10000, effect: noMulticast },
  /** Routers that a multicast packet may pass. In hops, default 1. Without effect here. */
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
  /** Multicast packets also come back to their own machine. Default true. Without effect here. */
  multicastLoop: { ...bool, id: 96, zmq: 'MULTICAST_LOOP', initial: true, effect: noMulticast },
  /** The largest multicast packet. In bytes, default 1500. Without effect here. */
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
  /** The buffer of a VMCI connection. In bytes, default 65546. Refused here. */
  vmciBufferSize: { ...vmciSize, id: 85, zmq: 'VMCI_BUFFER_SIZE', initial: 65546 },
  /** The least that a VMCI buffer may be. In bytes, default 128. Refused here. */
  vmciBufferMinSize: { ...vmciSize, id: 86, zmq: 'VMCI_BUFFER_MIN_SIZE', initial: 128 },
  /** The most that a VMCI buffer may be. In bytes, default 262144. Refused here. */
  vmciBufferMaxSize: { ...vmciSize, id: 87, zmq: 'VMCI_BUFFER_MAX_SIZE', initial: 262144 },
  /** How long a VMCI connect may take; -1 = as long as the system lets it. In ms, default -1. Refused here. */
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
