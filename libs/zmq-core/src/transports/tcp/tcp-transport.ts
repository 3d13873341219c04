import { lookup } from 'node:dns/promises';
import { type AddressInfo, connect, createServer, isIPv6, type Server, type Socket } from 'node:net';
import { ZmqError } from '../../foundation/errors.js';
import type { ByteStream } from '../../transport/byte-stream.js';
import type {
  ByteTransport,
  Dial,
  DialSink,
  Listener,
  ListenSink,
  TransportOptions,
} from '../../transport/transport.js';
import { NetDial } from '../net-stream/net-dial.js';
import { bindError } from '../net-stream/net-errors.js';
import { NetListener } from '../net-stream/net-listener.js';
import { NetStream } from '../net-stream/net-stream.js';
import { formatHostAndPort, localHost, needsIpv6, parseBindAddress, parseDialAddress } from './tcp-address.js';

/** Without the option `ipv6` names resolve to IPv4 only, and IPv6 addresses are refused, as in libzmq. */
export class TcpTransport implements ByteTransport {
  readonly kind = 'bytes';
  readonly scheme = 'tcp';
  readonly dialsSlowly = true;

  checkDial(address: string, { ipv6 }: Pick<TransportOptions, 'ipv6'>): void {
    const { host, source } = parseDialAddress(address);
    for (const name of [host, source?.host ?? '*']) if (isIPv6(name) && !ipv6) throw needsIpv6(name, address);
  }

  /** Names, of hosts and of the interface to use, are looked up at each dial: they may mean something else by now. */
  dial(address: string, options: TransportOptions, sink: DialSink): Dial {
    const { host, port, source } = parseDialAddress(address);
    const from = source && source.host !== '*' ? localHost(source.host, options.ipv6, address) : undefined;
    if (from === undefined && source !== undefined && source.host !== '*')
      return failSoon(unknownInterface(source.host, address), sink);
    const socket = connect({
      host,
      port,
      family: from === undefined ? (options.ipv6 ? 0 : 4) : isIPv6(from) ? 6 : 4,
      autoSelectFamily: true,
      noDelay: true,
      ...keepAlive(options),
      ...(from !== undefined && { localAddress: from }),
      ...(source !== undefined && source.port !== 0 && { localPort: source.port }),
    });
    return new NetDial(socket, sink, acceptConnected);
  }

  async listen(address: string, options: TransportOptions, sink: ListenSink): Promise<Listener> {
    const { host, port } = parseBindAddress(address);
    const local = localHost(host, options.ipv6, address) ?? (await resolveName(host, options.ipv6, address));
    const endpoint = `tcp://${address}`;
    try {
      return await listenOn(local, port, options, sink);
    } catch (error) {
      if (host !== '*' || !options.ipv6 || !lacksIpv6(error)) throw bindError(error, endpoint);
    }
    // All of a machine that has no IPv6 is all of IPv4, as in libzmq.
    try {
      return await listenOn('0.0.0.0', port, options, sink);
    } catch (error) {
      throw bindError(error, endpoint);
    }
  }
}

async function listenOn(host: string, port: number, options: TransportOptions, sink: ListenSink): Promise<Listener> {
  const server = createServer({ noDelay: true, ...keepAlive(options) });
  server.on('connection', (socket) => sink.accepted(new NetStream(socket, remoteAddress(socket))));
  await NetListener.start(server, { host, port, backlog: options.backlog }, sink);
  return new NetListener(server, `tcp://${boundAddress(server, host)}`);
}

function keepAlive({ tcpKeepalive, tcpKeepaliveIdle }: TransportOptions): {
  keepAlive: boolean;
  keepAliveInitialDelay: number;
} {
  return { keepAlive: tcpKeepalive === 1, keepAliveInitialDelay: Math.max(0, tcpKeepaliveIdle) * 1000 };
}

/**
 * A dial to a free port of this machine may get just that port as its own, and then
 * TCP connects it to itself: nobody is there.
 */
function acceptConnected(socket: Socket): ByteStream | NodeJS.ErrnoException {
  if (socket.localPort === socket.remotePort && socket.localAddress === socket.remoteAddress) {
    return new ZmqError('ECONNREFUSED', `nobody listens at ${remoteAddress(socket)}; the dial had met itself`);
  }
  return new NetStream(socket, remoteAddress(socket));
}

/** `127.0.0.1:40312`; the IPv4 peers of a dual-stack listener look the same. */
function remoteAddress({ remoteAddress: host, remotePort: port }: Socket): string {
  // A peer that was reset before it was accepted has no address any more.
  if (host === undefined) return 'unknown';
  return formatHostAndPort(host.startsWith('::ffff:') ? host.slice('::ffff:'.length) : host, port ?? 0);
}

function boundAddress(server: Server, requested: string): string {
  const { address, port } = server.address() as AddressInfo;
  const zone = requested.indexOf('%');
  return formatHostAndPort(zone >= 0 && !address.includes('%') ? address + requested.slice(zone) : address, port);
}

async function resolveName(host: string, ipv6: boolean, address: string): Promise<string> {
  try {
    return (await lookup(host, { family: ipv6 ? 0 : 4 })).address;
  } catch (cause) {
    throw new ZmqError('ENODEV', `"${host}" is no interface of this machine, and no host by that name is known`, {
      address: `tcp://${address}`,
      cause,
    });
  }
}

function unknownInterface(name: string, address: string): ZmqError {
  return new ZmqError('ENODEV', `"${name}" is no interface of this machine now`, { address: `tcp://${address}` });
}

function lacksIpv6(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EAFNOSUPPORT' || code === 'EADDRNOTAVAIL';
}

function failSoon(error: ZmqError, sink: DialSink): Dial {
  let cancelled = false;
  setImmediate(() => {
    if (!cancelled) sink.failed(error);
  });
  return { cancel: () => void (cancelled = true) };
}
