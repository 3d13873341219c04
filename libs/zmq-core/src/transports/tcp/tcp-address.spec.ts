import { networkInterfaces } from 'node:os';
import { itWhen } from '../../testing/it-when.js';
import {
  formatHostAndPort,
  localHost,
  parseBindAddress,
  parseDialAddress,
  parseProxyAddress,
  withSystemZone,
} from './tcp-address.js';

const addresses = Object.entries(networkInterfaces()).flatMap(([name, all]) =>
  (all ?? []).map((one) => [name, one] as const),
);
const loopback = addresses.find(([, { address }]) => address === '127.0.0.1')?.[0];
const hasIpv6 = addresses.some(([, { address }]) => address === '::1');
const linkLocal = addresses.flatMap(([name, one]) =>
  one.family === 'IPv6' && one.scopeid > 0 ? [[name, one] as const] : [],
)[0];

function refusal(code: string, address: string): Error {
  return expect.objectContaining({ name: 'ZmqError', code, address: `tcp://${address}` }) as Error;
}

describe('parseBindAddress', () => {
  it.each([
    ['127.0.0.1:5555', { host: '127.0.0.1', port: 5555 }],
    ['[127.0.0.1]:5555', { host: '127.0.0.1', port: 5555 }],
    ['*:*', { host: '*', port: 0 }],
    ['[*]:5555', { host: '*', port: 5555 }],
    ['lo:0', { host: 'lo', port: 0 }],
    ['[::1]:5555', { host: '::1', port: 5555 }],
    ['::1:5555', { host: '::1', port: 5555 }],
    ['[fe80::1%eth0]:65535', { host: 'fe80::1%eth0', port: 65535 }],
    ['my-host.example_1:1', { host: 'my-host.example_1', port: 1 }],
  ])('%s', (address, expected) => {
    expect(parseBindAddress(address)).toEqual(expected);
  });

  it.each([
    '127.0.0.1',
    '127.0.0.1:',
    '127.0.0.1:70000',
    '127.0.0.1:-1',
    '127.0.0.1:1e3',
    '127.0.0.1: 1',
    '127.0.0.1:00',
    '127.0.0.1:http',
    '127.0.0.1:1;127.0.0.1:2',
    'host:5555/path',
  ])('refuses %s', (address) => {
    expect(() => parseBindAddress(address)).toThrow(refusal('EINVAL', address));
  });

  it.each([':5555', '[]:5555', '[::1:5555', 'a b:5555', 'a/b:5555', '-a:5555', '127.0.0.1:*:*'])(
    'knows no device that is called as in %s',
    (address) => {
      expect(() => parseBindAddress(address)).toThrow(refusal('ENODEV', address));
    },
  );
});

describe('parseDialAddress', () => {
  it.each([
    ['127.0.0.1:5555', { host: '127.0.0.1', port: 5555, source: undefined }],
    ['[127.0.0.1]:5555', { host: '127.0.0.1', port: 5555, source: undefined }],
    ['nobody-knows:1', { host: 'nobody-knows', port: 1, source: undefined }],
    ['127.0.0.1:0', { host: '127.0.0.1', port: 0, source: undefined }],
    ['127.0.0.1:*;10.0.0.1:1', { host: '10.0.0.1', port: 1, source: { host: '127.0.0.1', port: 0 } }],
    ['[::1]:99;[::1]:1', { host: '::1', port: 1, source: { host: '::1', port: 99 } }],
    ['[::1];[::1]:1', { host: '::1', port: 1, source: { host: '::1', port: 0 } }],
    ['*:99;a:1', { host: 'a', port: 1, source: { host: '*', port: 99 } }],
    ['eth0;a:1', { host: 'a', port: 1, source: { host: 'eth0', port: 0 } }],
  ])('%s', (address, expected) => {
    expect(parseDialAddress(address)).toEqual(expected);
  });

  it.each([
    '127.0.0.1',
    '*:5555',
    '127.0.0.1:*',
    '[*]:1',
    ':1',
    'a b:1',
    '-a:1',
    '_a:1',
    '[::1:1',
    'a:1;',
    ';a:1',
    'a b;a:1',
    'a:b;a:1',
    'a:1;b:70000',
    'a:1;b:2;c:3',
    `${'x'.repeat(256)}:1`,
  ])('refuses %s', (address) => {
    expect(() => parseDialAddress(address)).toThrow(refusal('EINVAL', address));
  });

  it('tells what to write instead', () => {
    expect(() => parseDialAddress('*:5555')).toThrow(/only bind takes the host \*; name the host/);
    expect(() => parseDialAddress('localhost')).toThrow(
      /"localhost" has no port; write host:port, for example tcp:\/\//,
    );
    expect(() => parseDialAddress('a:70000')).toThrow(/"70000" is no port; it is a number from 0 to 65535/);
  });
});

describe('parseProxyAddress', () => {
  it.each([
    ['localhost:1080', { host: 'localhost', port: 1080 }],
    ['[::1]:1080', { host: '::1', port: 1080 }],
    ['10.0.0.1:1080', { host: '10.0.0.1', port: 1080 }],
  ])('%s', (text, expected) => {
    expect(parseProxyAddress(text, 'a:1')).toEqual(expected);
  });

  it.each(['localhost', ':1080', '*:1080', 'localhost:*', 'localhost:0', 'socks5://localhost:1080', 'a:b', ''])(
    'refuses %s by the name of the option',
    (text) => {
      expect(() => parseProxyAddress(text, 'a:1')).toThrow(refusal('EINVAL', 'a:1'));
      expect(() => parseProxyAddress(text, 'a:1')).toThrow(/socksProxy is ".*"; it must be host:port/);
    },
  );
});

describe('localHost', () => {
  it('knows the wildcard, addresses, and that IPv6 wants its option', () => {
    expect(localHost('*', false, '')).toBe('0.0.0.0');
    expect(localHost('*', true, '')).toBe('::');
    expect(localHost('10.1.2.3', false, '')).toBe('10.1.2.3');
    expect(localHost('::1', true, '')).toBe('::1');
    expect(() => localHost('::1', false, '[::1]:1')).toThrow(refusal('ENODEV', '[::1]:1'));
  });

  it('knows no address of an interface that does not exist', () => {
    expect(localHost('nonexistent0', false, '')).toBeUndefined();
  });

  itWhen(loopback !== undefined, 'this machine has no loopback interface')(
    'gives the address of an interface that fits the other end',
    () => {
      expect(localHost(loopback!, false, '')).toBe('127.0.0.1');
      expect(localHost(loopback!, true, '', '10.1.2.3')).toBe('127.0.0.1');
    },
  );

  itWhen(hasIpv6, 'this machine has no ::1')('prefers IPv6 where it is allowed', () => {
    expect(localHost(loopback!, true, '')).toBe('::1');
    expect(localHost(loopback!, true, '', 'fd00::1')).toBe('::1');
    expect(localHost(loopback!, false, '', 'fd00::1')).toBe('127.0.0.1');
  });
});

describe('withSystemZone', () => {
  it('leaves what has no zone', () => {
    for (const host of ['*', 'eth0', '10.0.0.1', '::1', 'fe80::1', 'localhost'])
      expect(withSystemZone(host, '')).toBe(host);
  });

  it('drops the zone of an address that has no use for one', () => {
    expect(withSystemZone(`::1%${loopback}`, '')).toBe('::1');
    expect(withSystemZone(`127.0.0.1%${loopback}`, '')).toBe('127.0.0.1');
    expect(withSystemZone('127.0.0.1%1', '')).toBe('127.0.0.1');
  });

  it.each(['::1%', '::1%nope', '::1%0', 'fe80::1%', 'fe80::1%nope', 'fe80::1%99999', 'a%b'])('refuses %s', (host) => {
    expect(() => withSystemZone(host, `[${host}]:1`)).toThrow(refusal('EINVAL', `[${host}]:1`));
  });

  itWhen(linkLocal !== undefined, 'no interface here has a link-local address')(
    'names the interface, whatever the case and whether it was a name or a number',
    () => {
      const [name, { address, scopeid }] = linkLocal!;
      expect(withSystemZone(`${address}%${name}`, '')).toBe(`${address}%${name}`);
      expect(withSystemZone(`${address.toUpperCase()}%${scopeid}`, '')).toBe(`${address.toUpperCase()}%${name}`);
    },
  );
});

describe('formatHostAndPort', () => {
  it('brackets IPv6 only', () => {
    expect(formatHostAndPort('127.0.0.1', 1)).toBe('127.0.0.1:1');
    expect(formatHostAndPort('::1', 1)).toBe('[::1]:1');
    expect(formatHostAndPort('fe80::1%eth0', 1)).toBe('[fe80::1%eth0]:1');
  });
});
