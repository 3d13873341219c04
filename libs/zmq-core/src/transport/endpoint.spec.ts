import { formatEndpoint, parseEndpoint } from './endpoint.js';

describe('parseEndpoint', () => {
  it.each([
    ['tcp://127.0.0.1:5555', { scheme: 'tcp', address: '127.0.0.1:5555' }],
    ['ipc:///tmp/x', { scheme: 'ipc', address: '/tmp/x' }],
    ['inproc://a://b', { scheme: 'inproc', address: 'a://b' }],
    ['x://y', { scheme: 'x', address: 'y' }],
  ])('%s', (text, expected) => {
    expect(parseEndpoint(text)).toEqual(expected);
    expect(formatEndpoint(expected.scheme, expected.address)).toBe(text);
  });

  it.each(['', 'foo-bar', 'tcp:', 'tcp:/x', 'tcp://', 'inproc://', '://x', '://'])('refuses "%s"', (text) => {
    expect(() => parseEndpoint(text)).toThrow(
      expect.objectContaining({
        name: 'ZmqError',
        code: 'EINVAL',
        address: text,
        message: expect.stringContaining('write scheme://address') as string,
      }) as Error,
    );
  });
});
