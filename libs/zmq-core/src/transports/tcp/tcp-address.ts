import { networkInterfaces } from 'node:os';
import { isIP, isIPv4, isIPv6 } from 'node:net';
import { ZmqError, type ZmqErrorCode } from '../../foundation/errors.js';

/**
 * The addresses of `tcp://`:
 *
 *     bind      host:port    host: `*` (all), an IP address, an interface (`eth0`), a name;  port: 0 and `*` = any free one
 *     connect   [source[:port];]host:port    source: `*`, an IP address, an interface
 *
 * An address may stand in brackets, and one of IPv6 may have a zone, a name or a
 * number (`fe80::1%eth0`); the port comes after the last colon.
 */
export interface HostAndPort {
  /** `*`, an IP address without brackets, or a name of a host or an interface. */
  readonly host: string;
  /** 0 = any free one. */
  readonly port: number;
}

export interface DialAddress extends HostAndPort {
  /** The local end, if it was given. */
  readonly source: HostAndPort | undefined;
}

/** The codes are libzmq's: a host that cannot be is unknown to `bind` (ENODEV), and a mistake to `connect` (EINVAL). */
type BadHost = 'ENODEV' | 'EINVAL';

const example = 'write host:port, for example tcp://127.0.0.1:5555';
/** A host name has at most 253 characters; this is what a SOCKS proxy can be told. */
const LONGEST_HOST = 255;
/** What a host name, an address with a zone (`fe80::1%eth0`) or an interface name is made of. */
const legalHost = /^[a-z0-9:][\w.:%-]*$/i;

/** Throws EINVAL, and ENODEV for what can be no host. */
export function parseBindAddress(address: string): HostAndPort {
  if (address.includes(';')) throw invalid(address, 'only connect takes a source; name the one address to bind to');
  return parse(address, address, 'ENODEV');
}

/** Throws EINVAL: `connect` needs to know where to. Port 0 and names that no one knows fail later, at each dial. */
export function parseDialAddress(address: string): DialAddress {
  const semicolon = address.lastIndexOf(';');
  const source = semicolon < 0 ? undefined : parseSource(address.slice(0, semicolon), address);
  const target = address.slice(semicolon + 1);
  if (target.endsWith(':*')) throw invalid(address, 'only bind takes the port *; name the port to connect to');
  const to = parse(target, address, 'EINVAL');
  if (to.host === '*') throw invalid(address, 'only bind takes the host *; name the host to connect to');
  return { ...to, source };
}

/** Of the option `socksProxy`: `host:port`. Throws EINVAL. @param address what is to be dialled, for the error */
export function parseProxyAddress(text: string, address: string): HostAndPort {
  try {
    const proxy = parse(text, address, 'EINVAL');
    if (proxy.host !== '*' && proxy.port !== 0) return proxy;
  } catch {
    // Said below, with the name of the option.
  }
  throw invalid(address, `socksProxy is "${text}"; it must be host:port, for example localhost:1080 or [::1]:1080`);
}

/** `127.0.0.1:5555`, `[::1]:5555`. */
export function formatHostAndPort(host: string, port: number): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * The address to bind to, when no name has to be looked up: of `*`, of an IP address, of an interface.
 * @param towards the address of the other end, if it is known: an interface may have one of either family
 * @throws ZmqError ENODEV for IPv6 without the option, EINVAL for a zone that is no interface
 */
export function localHost(host: string, ipv6: boolean, address: string, towards = ''): string | undefined {
  if (host === '*') return ipv6 ? '::' : '0.0.0.0';
  const literal = withSystemZone(host, address);
  if (isIP(literal) === 0) return interfaceAddress(host, ipv6, towards);
  if (isIPv6(literal) && !ipv6) throw needsIpv6(host, address);
  return literal;
}

export function needsIpv6(host: string, address: string): ZmqError {
  return new ZmqError(
    'ENODEV',
    `${host} is an IPv6 address; set the option ipv6 of the socket or its context to use it`,
    {
      address: `tcp://${address}`,
    },
  );
}

/**
 * A host whose zone is as the system takes it: the name of an interface, and only with
 * a link-local address, the only one for which it means something. Throws EINVAL.
 */
export function withSystemZone(host: string, address: string): string {
  const at = host.lastIndexOf('%');
  if (at < 0) return host;
  const [plain, zone] = [host.slice(0, at), host.slice(at + 1)];
  if (!isLinkLocal(plain)) {
    if (!(Number(zone) > 0) && networkInterfaces()[zone] === undefined) throw unknownZone(zone, address);
    return plain;
  }
  const name = Object.entries(networkInterfaces()).find(
    ([name, addresses]) =>
      name === zone || addresses?.some((one) => one.family === 'IPv6' && `${one.scopeid}` === zone),
  )?.[0];
  if (name === undefined) throw unknownZone(zone, address);
  return `${plain}%${name}`;
}

function unknownZone(zone: string, address: string): ZmqError {
  return invalid(address, `the zone "${zone}" is no interface of this machine`);
}

function isLinkLocal(host: string): boolean {
  return /^fe[89ab]/i.test(host) && isIPv6(host);
}

function parse(text: string, address: string, badHost: BadHost): HostAndPort {
  const colon = text.lastIndexOf(':');
  if (colon < 0) throw invalid(address, `"${text}" has no port; ${example}`);
  const port = text.slice(colon + 1);
  return {
    port: port === '*' ? 0 : parsePort(port, address),
    host: parseHost(text.slice(0, colon), address, badHost),
  };
}

/** libzmq wants a port here too, and never connects without one. */
function parseSource(text: string, address: string): HostAndPort {
  const hasPort = text.includes(':') && !text.endsWith(']');
  return hasPort ? parse(text, address, 'EINVAL') : { host: parseHost(text, address, 'EINVAL'), port: 0 };
}

function parseHost(text: string, address: string, badHost: BadHost): string {
  const host = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
  if (host === '') throw refused(badHost, address, `"${address}" has no host; ${example}`);
  if (host !== '*' && (!legalHost.test(host) || host.length > LONGEST_HOST))
    throw refused(badHost, address, `"${host}" is no host; ${example}`);
  return host;
}

function parsePort(text: string, address: string): number {
  if (text === '') throw invalid(address, `the port is missing; ${example}`);
  const port = Number(text);
  const wrong = !/^\d+$/.test(text) || port > 65_535 || (port === 0 && text !== '0');
  if (wrong) throw invalid(address, `"${text}" is no port; it is a number from 0 to 65535`);
  return port;
}

/** The first address of the interface: IPv4, or with `ipv6` rather an IPv6 one that is not link-local. */
function interfaceAddress(name: string, ipv6: boolean, towards: string): string | undefined {
  const all = networkInterfaces()[name] ?? [];
  const v4 = all.find(({ family }) => family === 'IPv4')?.address;
  if (!ipv6 || isIPv4(towards)) return v4;
  const v6 = all.filter(({ family }) => family === 'IPv6');
  const routable = v6.find(({ address }) => !isLinkLocal(address))?.address;
  const linkLocal = v6[0] && `${v6[0].address}%${name}`;
  return isIPv6(towards) ? (routable ?? linkLocal) : (routable ?? v4 ?? linkLocal);
}

function invalid(address: string, detail: string): ZmqError {
  return refused('EINVAL', address, detail);
}

function refused(code: ZmqErrorCode, address: string, detail: string): ZmqError {
  return new ZmqError(code, detail, { address: `tcp://${address}` });
}
