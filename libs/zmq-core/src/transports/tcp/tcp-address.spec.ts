import { formatHostAndPort, localHost, parseBindAddress, parseDialAddress } from './tcp-address.js';

function refusal(code: string, address: string): Error {
  return expect.objectContaining({ name: 'ZmqError', code, address: `tcp://${address}` }) as Error;
}

describe('parseBindAddress', () => {
  it.each([
    ['127.0.0.1:5555', { host: '127.0.0.1', port: 5555 }],
    ['*:*', { host: '*', port: 0 }],
    ['*:5555', { host: '*', port: 5555 }],
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
    ':5555',
    '127.0.0.1:70000',
    '127.0.0.1:-1',
    '127.0.0.1:1e3',
    '127.0.0.1: 1',
    '127.0.0.1:http',
    '[::1:5555',
    '[127.0.0.1]:5555',
    '[]:5555',
    'a b:5555',
    'a/b:5555',
    'host:5555/path',
  ])('refuses %s', (address) => {
    expect(() => parseBindAddress(address)).toThrow(refusal('EINVAL', address));
  });
});

describe('parseDialAddress', () => {
  it.each([
    ['127.0.0.1:5555', { host: '127.0.0.1', port: 5555, source: undefined }],
    ['nobody-knows:1', { host: 'nobody-knows', port: 1, source: undefined }],
    ['127.0.0.1:0', { host: '127.0.0.1', port: 0, source: undefined }],
    ['127.0.0.1:*;10.0.0.1:1', { host: '10.0.0.1', port: 1, source: { host: '127.0.0.1', port: 0 } }],
    ['[::1]:99;[::1]:1', { host: '::1', port: 1, source: { host: '::1', port: 99 } }],
    ['*:99;a:1', { host: 'a', port: 1, source: { host: '*', port: 99 } }],
  ])('%s', (address, expected) => {
    expect(parseDialAddress(address)).toEqual(expected);
  });

  it.each(['127.0.0.1', '*:5555', '127.0.0.1:*', 'a:1;', ';a:1', 'eth0;a:1', 'a:1;b:70000'])(
    'refuses %s',
    (address) => {
      expect(() => parseDialAddress(address)).toThrow(refusal('EINVAL', address));
    },
  );

  it('tells what to write instead', () => {
    expect(() => parseDialAddress('*:5555')).toThrow(/only bind takes the host \*; name the host/);
    expect(() => parseDialAddress('localhost')).toThrow(
      /"localhost" has no port; write host:port, for example tcp:\/\//,
    );
    expect(() => parseDialAddress('a:70000')).toThrow(/"70000" is no port; it is a number from 0 to 65535/);
  });
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
});

describe('formatHostAndPort', () => {
  it('brackets IPv6 only', () => {
    expect(formatHostAndPort('127.0.0.1', 1)).toBe('127.0.0.1:1');
    expect(formatHostAndPort('::1', 1)).toBe('[::1]:1');
    expect(formatHostAndPort('fe80::1%eth0', 1)).toBe('[fe80::1%eth0]:1');
  });
});
