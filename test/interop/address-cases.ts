import { writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';

/** One endpoint, and what is done with it. */
export interface AddressCase {
  readonly how: 'bind' | 'connect' | 'unbind' | 'disconnect';
  readonly endpoint: string;
  readonly ipv6: boolean;
  /** Other texts by which it may be taken back. */
  readonly others: readonly string[];
}

const interfaces = Object.entries(networkInterfaces());
const named = (internal: boolean): string | undefined =>
  interfaces.find(([, all]) => all?.some((one) => one.family === 'IPv4' && one.internal === internal))?.[0];
export const loopback = named(true) ?? 'lo';
const external = named(false);

const tcpBinds = [
  '*:*', '*:0', '127.0.0.1:*', '127.0.0.1:0', '0.0.0.0:*', `${loopback}:*`, `${loopback}:0`, 'localhost:*',
  ...(external === undefined ? [] : [`${external}:*`]),
  '[127.0.0.1]:*', '127.1:*', '0:*', '2130706433:*', '0x7f.1:*', '1.2.3:*', '127.0.0.256:*', '192.0.2.1:*',
  '::1:*', '[::1]:*', '[::]:*', '[*]:*', '[]:*', '[127.0.0.1:*', '127.0.0.1]:*',
  'no-such-interface:*', 'no-such-host.invalid:*', `${'x'.repeat(300)}:*`, 'host name:*', 'user@127.0.0.1:*',
  '-:*', '_:*', '.:*', '%:*', '/:*', ' 127.0.0.1:*', '127.0.0.1 :*', '\t:*',
  '', '*', ':', ':*', '*:', '127.0.0.1', '127.0.0.1:', loopback,
  ...['x', '-1', '+5', ' 5', '5x', '0x1F90', '65536', '70000', '131072', '99999999999', '1.5', '**', '*x', '-0'].map(
    (port) => `127.0.0.1:${port}`,
  ),
  '127.0.0.1:*/', '127.0.0.1:*/path', '127.0.0.1:*;127.0.0.1:*', '127.0.0.1:*?x=1', '127.0.0.1:*#x',
].map((address) => `tcp://${address}`); // prettier-ignore

const tcp6Binds = [
  '*:*', '127.0.0.1:*', 'localhost:*', `${loopback}:*`, ...(external === undefined ? [] : [`${external}:*`]),
  '[::1]:*', '::1:*', '[::]:*', ':::*', '[::1]:0', '[::ffff:127.0.0.1]:*', '[2001:db8::1]:*', '[:::1]:*',
  `[::1%${loopback}]:*`, '[::1%1]:*', '[::1%nowhere]:*', `[fe80::1%${loopback}]:*`, '[fe80::1]:*', '[::1%]:*',
  '[::1:*', '::1]:*', '[]:*', '[]', '[::1]', '[::1]:', '[::1]:70000', 'no-such-host.invalid:*',
].map((address) => `tcp://${address}`); // prettier-ignore

/** To port 9 nobody listens, or somebody who reads and says nothing: whether it is there makes no difference. */
const tcpConnects = [
  '127.0.0.1:9', 'localhost:9', '[127.0.0.1]:9', '127.1:9', `${loopback}:9`, 'no-such-host.invalid:9',
  '[::1]:9', '::1:9', '*:9', '[*]:9', ':9', '', ':', '127.0.0.1', '127.0.0.1:', 'host name:9', `${'x'.repeat(300)}:9`,
  '-:9', '_:9', '.:9', ' 127.0.0.1:9', '127.0.0.1 :9', 'user@127.0.0.1:9', '127.0.0.256:9',
  ...['*', '0', '-1', '+9', ' 9', '9x', '65535', '65536', '70000', '99999999999', '1.5', 'x', '0x9'].map(
    (port) => `127.0.0.1:${port}`,
  ),
  '127.0.0.1:9/', '127.0.0.1:9/path',
  ...[
    '127.0.0.1:0', '127.0.0.1:*', '127.0.0.1:5000', '127.0.0.1', '*:0', '*:*', '*', `${loopback}:0`, loopback,
    '192.0.2.1:0', 'localhost:0', 'no-such-host.invalid:0', 'no-such-interface:0', '[::1]:0', '127.0.0.1:70000',
    '', ':0', ' 127.0.0.1:0', 'a;b',
  ].map((source) => `${source};127.0.0.1:9`),
  '127.0.0.1:0;', ';', '127.0.0.1:0;*:9', '127.0.0.1:0;127.0.0.1:*', '127.0.0.1:0;127.0.0.1',
].map((address) => `tcp://${address}`); // prettier-ignore

const tcp6Connects = [
  '127.0.0.1:9', '[::1]:9', '::1:9', '[::1', '[::1]', '[fe80::1]:9', `[fe80::1%${loopback}]:9`, '[::1%nowhere]:9',
  '[::1]:0;[::1]:9', `${loopback}:0;[::1]:9`, '127.0.0.1:0;[::1]:9', '*:0;[::1]:9', '[::]:0;[::1]:9',
].map((address) => `tcp://${address}`); // prettier-ignore

const inprocs = ['a', '', '*', '@', ' ', 'a b', 'a/b:5', 'ü', '#1', 'x'.repeat(1000), 'a;b'].map(
  (name) => `inproc://${name}`,
);

const noEndpoints = [
  '', 'tcp', 'tcp:', 'tcp:/', 'tcp:/127.0.0.1:9', '://', '://127.0.0.1:9', '//127.0.0.1:9', ':', 'foo-bar',
  'foo://bar', 'TCP://127.0.0.1:9', ' tcp://127.0.0.1:9', 'tcp ://127.0.0.1:9', 'http://127.0.0.1:9',
  'udp://127.0.0.1:9', 'udp://', 'pgm://127.0.0.1:9', 'epgm://127.0.0.1:9', 'norm://127.0.0.1:9', 'vmci://1:9',
  'ws://127.0.0.1:9', 'wss://127.0.0.1:9', 'vsock://1:9',
]; // prettier-ignore

/** @param directory in which paths are, made for this */
export function addressCases(directory: string): AddressCase[] {
  const file = join(directory, 'file');
  writeFileSync(file, 'somebody’s');
  const ofBytes = (size: number): string => join(directory, 'x'.repeat(size - directory.length - 1));
  const paths = [
    '', '/', '.', '..', 'relative', './dotted', join(directory, 'a'), join(directory, 'none', 'a'), directory,
    `${directory}/`, join(directory, 'with space'), join(directory, 'ü'), ofBytes(106), ofBytes(107), ofBytes(108),
    '@', '@x', `@${'x'.repeat(106)}`, `@${'x'.repeat(107)}`,
  ]; // prettier-ignore
  const ipcs = [...paths, '*', '*x', file].map((path) => `ipc://${path}`);
  const of = (
    how: AddressCase['how'],
    endpoints: readonly string[],
    ipv6 = false,
    others: (endpoint: string) => string[] = () => [],
  ): AddressCase[] => endpoints.map((endpoint) => ({ how, endpoint, ipv6, others: others(endpoint) }));
  const spelled = (endpoint: string): string[] =>
    [
      endpoint.replace('localhost', '127.0.0.1'),
      endpoint.replace('127.0.0.1', 'localhost'),
      endpoint.toUpperCase(),
      `${endpoint}/`,
    ].filter((other) => other !== endpoint);
  return [
    ...of('bind', tcpBinds),
    ...of('bind', tcp6Binds, true),
    ...of('bind', ipcs),
    ...of('bind', inprocs),
    ...of('bind', noEndpoints),
    ...of('connect', tcpConnects, false, spelled),
    ...of('connect', tcp6Connects, true),
    ...of('connect', ipcs),
    ...of('connect', inprocs),
    ...of('connect', noEndpoints),
    // Of what is not there: a mistake in the text is told first.
    ...of('unbind', [...noEndpoints, 'tcp://127.0.0.1:9', 'tcp://*:9', 'tcp://nonsense', 'ipc:///x', 'inproc://x']),
    ...of('disconnect', [...noEndpoints, 'tcp://127.0.0.1:9', 'tcp://*:9', 'tcp://nonsense', 'ipc:///x', 'inproc://x']),
  ];
}

/** What a case is called; the same on every machine, and in every run. */
export function nameOf({ how, endpoint, ipv6 }: AddressCase, directory: string): string {
  const text = endpoint.replace(directory, '<directory>').replace(/x{50,}/, (all) => `<x ${all.length} times>`);
  return `${how} ${text}${ipv6 ? ', with ipv6' : ''}`;
}
