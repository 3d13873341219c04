import type { OptionAccessor } from './option-accessors.js';

/** The options that every socket has. zeromq.js declares those of GSSAPI in its types also where it lacks them. */
export interface SocketMembers {
  /** ZMQ_AFFINITY, a bit mask of I/O threads: without effect, there are none. Default 0. */
  affinity: number;
  /** ZMQ_RATE, in kbit/s: without effect, there is no multicast. Default 100. */
  rate: number;
  /** ZMQ_RECOVERY_IVL, in ms: without effect, there is no multicast. Default 10000. */
  recoveryInterval: number;
  /** ZMQ_TYPE: libzmq's number of the socket type. */
  readonly type: number;
  /** ZMQ_LINGER: how many milliseconds `close` leaves to deliver what was sent; −1 = for ever. Default −1, of Subscriber, XSubscriber and Dish 0. */
  linger: number;
  /** ZMQ_RECONNECT_IVL: the wait before dialling again, in ms; −1 = never again. Default 100. */
  reconnectInterval: number;
  /** ZMQ_BACKLOG: how many connections may wait to be accepted. Default 100. */
  backlog: number;
  /** ZMQ_RECONNECT_IVL_MAX, in ms: above 0 the wait doubles up to it. Default 0. */
  reconnectMaxInterval: number;
  /** ZMQ_MAXMSGSIZE, in bytes: a peer that sends a longer part is disconnected; −1 = no limit. Default −1. */
  maxMessageSize: number;
  /** ZMQ_LAST_ENDPOINT: what was bound or connected last, wildcards resolved. */
  readonly lastEndpoint: string | null;
  /** ZMQ_TCP_KEEPALIVE: 1 on, 0 off, −1 the system's. Default −1. */
  tcpKeepalive: number;
  /** ZMQ_TCP_KEEPALIVE_CNT: without effect, Node.js does not show it. Default −1. */
  tcpKeepaliveCount: number;
  /** ZMQ_TCP_KEEPALIVE_IDLE, in seconds; −1 = the system's. Default −1. */
  tcpKeepaliveIdle: number;
  /** ZMQ_TCP_KEEPALIVE_INTVL, in seconds: without effect, Node.js does not show it. Default −1. */
  tcpKeepaliveInterval: number;
  /** ZMQ_TCP_ACCEPT_FILTER: adds an address or network from which connections are accepted; `null` removes all. Reading throws EINVAL. */
  tcpAcceptFilter: string | null;
  /** ZMQ_IMMEDIATE: queue for connections only that are made. Default false. */
  immediate: boolean;
  /** ZMQ_IPV6. Default that of the context, false. */
  ipv6: boolean;
  /** ZMQ_MECHANISM; `null` is NULL, none. */
  readonly securityMechanism: null | 'plain' | 'curve' | 'gssapi';
  /** ZMQ_PLAIN_SERVER. Default false. */
  plainServer: boolean;
  /** ZMQ_PLAIN_USERNAME. Default null. */
  plainUsername: string | null;
  /** ZMQ_PLAIN_PASSWORD. Default null. */
  plainPassword: string | null;
  /** ZMQ_CURVE_SERVER. Default false. */
  curveServer: boolean;
  /** ZMQ_CURVE_PUBLICKEY: 40 characters of Z85, or 32 bytes. Reading throws EINVAL. */
  curvePublicKey: string | null;
  /** ZMQ_CURVE_SECRETKEY: 40 characters of Z85, or 32 bytes. Reading throws EINVAL. */
  curveSecretKey: string | null;
  /** ZMQ_CURVE_SERVERKEY: 40 characters of Z85, or 32 bytes. Reading throws EINVAL. */
  curveServerKey: string | null;
  /** ZMQ_ZAP_DOMAIN. Default null. */
  zapDomain: string | null;
  /** ZMQ_TOS: without effect, Node.js does not show it. Default 0. */
  typeOfService: number;
  /** ZMQ_HANDSHAKE_IVL: how many milliseconds a handshake may take; 0 = any time. Default 30000. */
  handshakeInterval: number;
  /** ZMQ_SOCKS_PROXY: `host:port` of a SOCKS5 proxy for outgoing tcp. Default null, none. */
  socksProxy: string | null;
  /** ZMQ_HEARTBEAT_IVL: the time between two pings, in ms; 0 = none. Default 0. */
  heartbeatInterval: number;
  /** ZMQ_HEARTBEAT_TTL, in ms, by tenths of a second: after so much silence the peer gives us up; 0 = never. Default 0. */
  heartbeatTimeToLive: number;
  /** ZMQ_HEARTBEAT_TIMEOUT: how many milliseconds a ping waits for any traffic. Default −1, the interval. */
  heartbeatTimeout: number;
  /** ZMQ_CONNECT_TIMEOUT, in ms; 0 = the system's. Default 0. */
  connectTimeout: number;
  /** ZMQ_TCP_MAXRT, in ms: without effect, Node.js does not show it. Default 0. */
  tcpMaxRetransmitTimeout: number;
  /** ZMQ_THREAD_SAFE: whether libzmq calls the type thread-safe. Here a socket belongs to its thread. */
  readonly threadSafe: boolean;
  /** ZMQ_MULTICAST_MAXTPDU, in bytes: without effect, there is no multicast. Default 1500. */
  multicastMaxTransportDataUnit: number;
  /** ZMQ_VMCI_BUFFER_SIZE: throws EINVAL, as in a libzmq without VMCI. */
  vmciBufferSize: number;
  /** ZMQ_VMCI_BUFFER_MIN_SIZE: throws EINVAL, as in a libzmq without VMCI. */
  vmciBufferMinSize: number;
  /** ZMQ_VMCI_BUFFER_MAX_SIZE: throws EINVAL, as in a libzmq without VMCI. */
  vmciBufferMaxSize: number;
  /** ZMQ_VMCI_CONNECT_TIMEOUT: throws EINVAL, as in a libzmq without VMCI. */
  vmciConnectTimeout: number;
  /** ZMQ_BINDTODEVICE: throws ENOTSUP, Node.js cannot. Default null. */
  interface: string | null;
  /** ZMQ_ZAP_ENFORCE_DOMAIN. Default false. */
  zapEnforceDomain: boolean;
  /** ZMQ_LOOPBACK_FASTPATH: without effect. Default false. */
  loopbackFastPath: boolean;
  /** Not there: see `capability.gssapi`. */
  gssapiServer: boolean;
  /** Not there: see `capability.gssapi`. */
  gssapiPrincipal: string | null;
  /** Not there: see `capability.gssapi`. */
  gssapiServicePrincipal: string | null;
  /** Not there: see `capability.gssapi`. */
  gssapiPlainText: boolean;
  /** Not there: see `capability.gssapi`. */
  gssapiPrincipalNameType: 'hostBased' | 'userName' | 'krb5Principal';
  /** Not there: see `capability.gssapi`. */
  gssapiServicePrincipalNameType: 'hostBased' | 'userName' | 'krb5Principal';
}

export const socketAccessors: readonly OptionAccessor[] = [
  { name: 'affinity', id: 4, type: 'Uint64' },
  { name: 'rate', id: 8, type: 'Int32' },
  { name: 'recoveryInterval', id: 9, type: 'Int32' },
  { name: 'type', id: 16, type: 'Int32', access: 'read-only' },
  { name: 'linger', id: 17, type: 'Int32' },
  { name: 'reconnectInterval', id: 18, type: 'Int32' },
  { name: 'backlog', id: 19, type: 'Int32' },
  { name: 'reconnectMaxInterval', id: 21, type: 'Int32' },
  { name: 'maxMessageSize', id: 22, type: 'Int64' },
  { name: 'lastEndpoint', id: 32, type: 'String', access: 'read-only' },
  { name: 'tcpKeepalive', id: 34, type: 'Int32' },
  { name: 'tcpKeepaliveCount', id: 35, type: 'Int32' },
  { name: 'tcpKeepaliveIdle', id: 36, type: 'Int32' },
  { name: 'tcpKeepaliveInterval', id: 37, type: 'Int32' },
  { name: 'tcpAcceptFilter', id: 38, type: 'String' },
  { name: 'immediate', id: 39, type: 'Bool' },
  { name: 'ipv6', id: 42, type: 'Bool' },
  { name: 'securityMechanism', id: 43, type: 'Int32', access: 'read-only', values: [null, 'plain', 'curve', 'gssapi'] },
  { name: 'plainServer', id: 44, type: 'Bool' },
  { name: 'plainUsername', id: 45, type: 'String' },
  { name: 'plainPassword', id: 46, type: 'String' },
  { name: 'curveServer', id: 47, type: 'Bool' },
  { name: 'curvePublicKey', id: 48, type: 'String' },
  { name: 'curveSecretKey', id: 49, type: 'String' },
  { name: 'curveServerKey', id: 50, type: 'String' },
  { name: 'zapDomain', id: 55, type: 'String' },
  { name: 'typeOfService', id: 57, type: 'Uint32' },
  { name: 'handshakeInterval', id: 66, type: 'Int32' },
  { name: 'socksProxy', id: 68, type: 'String' },
  { name: 'heartbeatInterval', id: 75, type: 'Int32' },
  { name: 'heartbeatTimeToLive', id: 76, type: 'Int32' },
  { name: 'heartbeatTimeout', id: 77, type: 'Int32' },
  { name: 'connectTimeout', id: 79, type: 'Int32' },
  { name: 'tcpMaxRetransmitTimeout', id: 80, type: 'Int32' },
  { name: 'threadSafe', id: 81, type: 'Bool', access: 'read-only' },
  { name: 'multicastMaxTransportDataUnit', id: 84, type: 'Int32' },
  { name: 'vmciBufferSize', id: 85, type: 'Uint64' },
  { name: 'vmciBufferMinSize', id: 86, type: 'Uint64' },
  { name: 'vmciBufferMaxSize', id: 87, type: 'Uint64' },
  { name: 'vmciConnectTimeout', id: 88, type: 'Int32' },
  { name: 'interface', id: 92, type: 'String' },
  { name: 'zapEnforceDomain', id: 93, type: 'Bool' },
  { name: 'loopbackFastPath', id: 94, type: 'Bool' },
];
