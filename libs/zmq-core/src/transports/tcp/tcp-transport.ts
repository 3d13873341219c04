import { lookup } from 'node:dns/promises';
import { type AddressInfo, connect, createServer, isIP, isIPv6, type Server, type Socket } from 'node:net';
import { ZmqError } from '../../foundation/errors.js';
import type { ByteStream } from '../../transport/byte-stream.js';
import { type IpRange, isInRanges } from '../../foundation/ip-range.js';
import type {
  ByteTransport,
  Dial,
  DialSink,
  Listener,
  ListenSink,
  TransportOptions,
} from '../../transport/transport.js';
import { waitInWorker } from '../net-stream/in-worker.js';
import { NetDial } from '../net-stream/net-dial.js';
import { bindError } from '../net-stream/net-errors.js';
import { NetListener } from '../net-stream/net-listener.js';
import { NetStream } from '../net-stream/net-stream.js';
import { SocksDial } from './socks-dial.js';
import { SocksHandshake } from './socks5.js';
import {
  formatHostAndPort,
  type HostAndPort,
  localHost,
  needsIpv6,
  parseBindAddress,
  parseDialAddress,
  parseProxyAddress,
  withSystemZone,
} from './tcp-address.js';

/** Without the option `ipv6` names resolve to IPv4 only, and IPv6 addresses are refused, as in libzmq. */
export class TcpTransport implements ByteTransport {
  readonly kind = 'bytes';
  readonly scheme = 'tcp';
  readonly dialsSlowly = true;

  checkDial(address: string, { ipv6, socksProxy }: Pick<TransportOptions, 'ipv6' | 'socksProxy'>): void {
    const { source, ...target } = parseDialAddress(address);
    const next = socksProxy === undefined ? target : parseProxyAddress(socksProxy.address, address);
    for (const host of [next.host, source?.host ?? '*']) if (isIPv6(host) && !ipv6) throw needsIpv6(host, address);
  }

  checkListen(address: string, { ipv6 }: Pick<TransportOptions, 'ipv6'>): void {
    const { host } = parseBindAddress(address);
    if (isIPv6(host) && !ipv6) throw needsIpv6(host, address);
  }

  /** Names, of hosts and of the interface to use, are looked up at each dial: they may mean something else by now. */
  dial(address: string, options: TransportOptions, sink: DialSink): Dial {
    const { source, ...target } = parseDialAddress(address);
    const { socksProxy } = options;
    try {
      if (socksProxy === undefined)
        return new NetDial(connectTo(target, source, options, address), sink, acceptConnected);
      // The proxy is told the target as it is; what it means there is not for us to know.
      const handshake = new SocksHandshake(target, socksProxy.login, `tcp://${address}`);
      const socket = connectTo(parseProxyAddress(socksProxy.address, address), source, options, address);
      return new SocksDial(socket, handshake, formatHostAndPort(target.host, target.port), sink);
    } catch (error) {
      return failSoon(error as NodeJS.ErrnoException, sink);
    }
  }

  async listen(address: string, options: TransportOptions, sink: ListenSink): Promise<Listener> {
    const bind = parseBindAddress(address);
    const host = localHost(bind.host, options.ipv6, address) ?? (await resolveName(bind.host, options.ipv6, address));
    const server = createListener(options, sink);
    try {
      await NetListener.start(server, { host, port: bind.port }, options.backlog, sink);
    } catch (error) {
      if (meansIpv4(bind, options, error)) return this.listen(address, { ...options, ipv6: false }, sink);
      throw bindError(error, `tcp://${address}`);
    }
    return listenerOf(server, bind, host);
  }

  listenSync(address: string, options: TransportOptions, sink: ListenSink): Listener {
    const bind = parseBindAddress(address);
    const host = localHost(bind.host, options.ipv6, address) ?? resolveNameAtOnce(bind.host, options.ipv6, address);
    const server = createListener(options, sink);
    try {
      NetListener.startAtOnce(server, { host, port: bind.port }, options.backlog, sink);
    } catch (error) {
      if (meansIpv4(bind, options, error)) return this.listenSync(address, { ...options, ipv6: false }, sink);
      throw bindError(error, `tcp://${address}`);
    }
    return listenerOf(server, bind, host);
  }
}

/** Throws ENODEV, EINVAL. */
function connectTo(
  { host, port }: HostAndPort,
  source: HostAndPort | undefined,
  options: TransportOptions,
  address: string,
): Socket {
  const to = withSystemZone(host, address);
  const from = source && sourceHost(source, to, options, address);
  return connect({
    host: to,
    port,
    family: from === undefined ? (options.ipv6 ? 0 : 4) : isIPv6(from) ? 6 : 4,
    autoSelectFamily: true,
    noDelay: true,
    ...keepAlive(options),
    ...(from !== undefined && { localAddress: from }),
    ...(source !== undefined && source.port !== 0 && { localPort: source.port }),
  });
}

function createListener(options: TransportOptions, sink: ListenSink): Server {
  const server = createServer({ noDelay: true, ...keepAlive(options) });
  server.on('connection', (socket) => accept(socket, options.tcpAcceptFilters, sink));
  return server;
}

/** @param host what `bind.host` meant: the address that the server has */
function listenerOf(server: Server, bind: HostAndPort, host: string): Listener {
  const { address, port } = server.address() as AddressInfo;
  const zone = host.indexOf('%');
  const bound = zone >= 0 && !address.includes('%') ? address + host.slice(zone) : address;
  // What is no wildcard and no interface may be written in several ways: `localhost`, `127.1`.
  const isSpelling = isIP(bind.host) > 0 || localHost(bind.host, true, '') === undefined;
  return new NetListener(server, {
    endpoint: `tcp://${formatHostAndPort(bound, port)}`,
    alias: isSpelling ? `tcp://${formatHostAndPort(bind.host, port)}` : undefined,
  });
}

function accept(socket: Socket, filters: readonly IpRange[], sink: ListenSink): void {
  const host = socket.remoteAddress;
  if (host !== undefined && (filters.length === 0 || isInRanges(host, filters))) {
    sink.accepted(streamOf(socket));
    return;
  }
  // What a reset one had sent could still be read, but it has no address any more: rules for addresses would take it for a peer of ipc.
  const error =
    host === undefined
      ? new ZmqError('ECONNRESET', 'a connection was reset before it was accepted')
      : new ZmqError('EACCES', `${remoteAddress(socket)} is in no network of tcpAcceptFilter`);
  // Its later errors are nobody's.
  socket.on('error', () => {});
  socket.destroy();
  sink.acceptFailed(error);
}

function keepAlive({ tcpKeepalive, tcpKeepaliveIdle }: TransportOptions): {
  keepAlive: boolean;
  keepAliveInitialDelay: number;
} {
  return { keepAlive: tcpKeepalive === 1, keepAliveInitialDelay: Math.max(0, tcpKeepaliveIdle) * 1000 };
}

/** The local address to dial from. Throws ENODEV when it is no interface, EINVAL for a wrong zone. */
function sourceHost(
  source: HostAndPort,
  target: string,
  { ipv6 }: TransportOptions,
  address: string,
): string | undefined {
  if (source.host === '*') return undefined;
  const host = localHost(source.host, ipv6, address, target);
  if (host !== undefined) return host;
  throw new ZmqError('ENODEV', `"${source.host}" is no interface of this machine now`, { address: `tcp://${address}` });
}

/**
 * A dial to a free port of this machine may get just that port as its own, and then
 * TCP connects it to itself: nobody is there.
 */
function acceptConnected(socket: Socket): ByteStream | NodeJS.ErrnoException {
  if (socket.localPort === socket.remotePort && socket.localAddress === socket.remoteAddress) {
    return new ZmqError('ECONNREFUSED', `nobody listens at ${remoteAddress(socket)}; the dial had met itself`);
  }
  return streamOf(socket);
}

function streamOf(socket: Socket): NetStream {
  const { localAddress, localPort, remoteAddress: host, remotePort } = socket;
  return new NetStream(socket, remoteAddress(socket), {
    local: endpointOf(localAddress, localPort),
    remote: endpointOf(host, remotePort),
  });
}

/** Empty for a connection that was reset before it was looked at. */
function endpointOf(host: string | undefined, port: number | undefined): string {
  return host === undefined || port === undefined ? '' : `tcp://${formatHostAndPort(host, port)}`;
}

/** `127.0.0.1:40312`; the IPv4 peers of a dual-stack listener look the same. */
function remoteAddress({ remoteAddress: host, remotePort: port }: Socket): string {
  // A peer that was reset in this moment has no address any more.
  if (host === undefined) return 'unknown';
  return formatHostAndPort(host.startsWith('::ffff:') ? host.slice('::ffff:'.length) : host, port ?? 0);
}

async function resolveName(host: string, ipv6: boolean, address: string): Promise<string> {
  try {
    return (await lookup(host, { family: ipv6 ? 0 : 4 })).address;
  } catch (cause) {
    throw unknownHost(host, address, cause);
  }
}

function resolveNameAtOnce(host: string, ipv6: boolean, address: string): string {
  try {
    const lookUp = `return (await require('node:dns').promises.lookup(input.host, { family: input.family })).address;`;
    return waitInWorker(lookUp, { host, family: ipv6 ? 0 : 4 }) as string;
  } catch (cause) {
    throw unknownHost(host, address, cause);
  }
}

function unknownHost(host: string, address: string, cause: unknown): ZmqError {
  return new ZmqError('ENODEV', `"${host}" is no interface of this machine, and no host by that name is known`, {
    address: `tcp://${address}`,
    cause,
  });
}

/** All of a machine that has no IPv6 is all of IPv4, as in libzmq. */
function meansIpv4({ host }: HostAndPort, { ipv6 }: TransportOptions, error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return host === '*' && ipv6 && (code === 'EAFNOSUPPORT' || code === 'EADDRNOTAVAIL');
}

function failSoon(error: NodeJS.ErrnoException, sink: DialSink): Dial {
  let cancelled = false;
  setImmediate(() => {
    if (!cancelled) sink.failed(error);
  });
  return { cancel: () => void (cancelled = true) };
}
