import type { SocketTypeName } from '../foundation/socket-type.js';
import type { SessionOptions } from '../session/session-host.js';
import { parseIpRange } from '../foundation/ip-range.js';
import type { SocksProxy } from '../transport/transport.js';
import type { OptionValues } from './option-table.js';
import { asMessage } from './peer-notes.js';
import type { SecurityChoice } from './security-choice.js';

/** What the sessions of one endpoint live by: the socket's options as they are now, in the sessions' units. */
export function sessionOptions(
  type: SocketTypeName,
  options: OptionValues,
  security: SecurityChoice,
  contextMaxMessageSize: number,
): SessionOptions {
  const { heartbeatInterval, heartbeatTimeout, heartbeatTimeToLive, maxMessageSize, routingId } = options;
  return {
    socketType: type,
    routingId: routingId ?? undefined,
    metadata: options.metadata,
    helloMessage: asMessage(options.helloMessage),
    maxMessageSize: maxMessageSize < 0 ? contextMaxMessageSize : Math.min(maxMessageSize, contextMaxMessageSize),
    maxFramesPerMessage: options.maxFramesPerMessage,
    maxUnfinishedBytes: options.maxUnfinishedBytes,
    maxPendingPongs: options.maxPendingPongs,
    handshakeMs: options.handshakeInterval,
    heartbeat: {
      intervalMs: heartbeatInterval,
      timeoutMs: heartbeatTimeout < 0 ? heartbeatInterval : heartbeatTimeout,
      ttlMs: heartbeatTimeToLive,
    },
    backlog: options.backlog,
    ipv6: options.ipv6,
    // They were parsed when they were set: none is lost here.
    tcpAcceptFilters: options.tcpAcceptFilter.map((text) => parseIpRange(text)!),
    tcpKeepalive: options.tcpKeepalive,
    tcpKeepaliveIdle: options.tcpKeepaliveIdle,
    socksProxy: socksProxy(options),
    immediate: options.immediate,
    connectTimeoutMs: options.connectTimeout,
    reconnectIntervalMs: options.reconnectInterval,
    reconnectMaxIntervalMs: options.reconnectMaxInterval,
    reconnectJitter: options.reconnectJitter,
    reconnectStop: options.reconnectStop,
    reconnectAfterRefusal: options.reconnectAfterRefusal,
    notify: options.notify,
    legacy: options.legacy,
    security: security.optionsNow(options),
    maxConnections: options.maxConnections,
    maxConnectionsPerAddress: options.maxConnectionsPerAddress,
    maxHandshakes: options.maxHandshakes,
    writeStallMs: options.writeStallTimeout,
    busyPollMicroseconds: options.busyPoll,
    outBatchSize: options.outBatchSize,
  };
}

function socksProxy({ socksProxy: address, socksUsername, socksPassword }: OptionValues): SocksProxy | undefined {
  if (address === null) return undefined;
  // As in libzmq the name decides whether there is a login.
  const login = socksUsername ? { username: socksUsername, password: socksPassword ?? '' } : undefined;
  return { address, login };
}
