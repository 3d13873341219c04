import { networkInterfaces } from 'node:os';
import { isIP, isIPv6 } from 'node:net';
import { ZmqError } from '../../foundation/errors.js';

/**
 * The addresses of `tcp://`:
 *
 *     bind      host:port    host: `*` (all), an IP address, an interface (`eth0`), a name;  port: 0 and `*` = any free one
 *     connect   [source;]host:port    source as for bind
 *
 * An IPv6 address may stand in brackets; the port comes after the last colon.
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

const example = 'write host:port, for example tcp://127.0.0.1:5555';
/** What a host name, an address with a zone (`fe80::1%eth0`) or an interface name is made of. */
const legalHost = /^[\w.:%-]+$/;

export function parseBindAddress(address: string): HostAndPort {
  return parse(address, address, { wildcards: true });
}

/** Throws EINVAL: `connect` needs to know where to. Port 0 and names that no one knows fail later, at each dial. */
export function parseDialAddress(address: string): DialAddress {
  const semicolon = address.lastIndexOf(';');
  const source = semicolon < 0 ? undefined : parse(address.slice(0, semicolon), address, { wildcards: true });
  return { ...parse(address.slice(semicolon + 1), address, { wildcards: false }), source };
}

/** `127.0.0.1:5555`, `[::1]:5555`. */
export function formatHostAndPort(host: string, port: number): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

/** The address to bind to, when no name has to be looked up: of `*`, of an IP address, of an interface. Throws ENODEV. */
export function localHost(host: string, ipv6: boolean, address: string): string | undefined {
  if (host === '*') return ipv6 ? '::' : '0.0.0.0';
  if (isIP(host) === 0) return interfaceAddress(host, ipv6);
  if (isIPv6(host) && !ipv6) throw needsIpv6(host, address);
  return host;
}

export function needsIpv6(host: string, address: string): ZmqError {
  return new ZmqError('ENODEV', `${host} is an IPv6 address; set the option ipv6 to use it`, {
    address: `tcp://${address}`,
  });
}

function parse(text: string, address: string, { wildcards }: { wildcards: boolean }): HostAndPort {
  const colon = text.lastIndexOf(':');
  if (colon < 0) throw invalid(address, `"${text}" has no port; ${example}`);
  const host = unbracket(text.slice(0, colon), address);
  const port = text.slice(colon + 1);
  if (host === '') throw invalid(address, `"${text}" has no host; ${example}`);
  if (host !== '*' && !legalHost.test(host)) throw invalid(address, `"${host}" is no host; ${example}`);
  if (!wildcards && host === '*') throw invalid(address, 'only bind takes the host *; name the host to connect to');
  if (!wildcards && port === '*') throw invalid(address, 'only bind takes the port *; name the port to connect to');
  return { host, port: port === '*' ? 0 : parsePort(port, address) };
}

function unbracket(host: string, address: string): string {
  if (!host.startsWith('[')) return host;
  const inner = host.slice(1, -1);
  if (!host.endsWith(']') || !isIPv6(inner)) throw invalid(address, `"${host}" is no IPv6 address in brackets`);
  return inner;
}

function parsePort(text: string, address: string): number {
  if (text === '') throw invalid(address, `the port is missing; ${example}`);
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535)
    throw invalid(address, `"${text}" is no port; it is a number from 0 to 65535`);
  return port;
}

/** The first address of the interface: IPv4, or with `ipv6` rather an IPv6 one that is not link-local. */
function interfaceAddress(name: string, ipv6: boolean): string | undefined {
  const all = networkInterfaces()[name] ?? [];
  const v4 = all.find(({ family }) => family === 'IPv4')?.address;
  if (!ipv6) return v4;
  const v6 = all.filter(({ family }) => family === 'IPv6');
  const routable = v6.find(({ scopeid }) => scopeid === 0)?.address;
  const linkLocal = v6[0] && `${v6[0].address}%${name}`;
  return routable ?? v4 ?? linkLocal;
}

function invalid(address: string, detail: string): ZmqError {
  return new ZmqError('EINVAL', detail, { address: `tcp://${address}` });
}
