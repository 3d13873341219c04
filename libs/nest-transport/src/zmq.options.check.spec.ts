import { createContext } from '@nest-zmq/core';
import { jsonCodec } from './packet/payload.codec.js';
import { ZmqOptionsError } from './zmq.errors.js';
import { checkClientOptions, checkServerOptions } from './zmq.options.check.js';

function keyOf(check: () => void): string {
  try {
    check();
  } catch (error) {
    if (error instanceof ZmqOptionsError) {
      expect(error.message).toContain(`'${error.key}'`);
      return error.key;
    }
    throw error;
  }
  return 'none';
}

const at = { bind: 'tcp://*:5555' };

describe('options', () => {
  it.each<[string, unknown]>([
    ['options', undefined],
    ['options', null],
    ['bind', {}],
    ['bind', { bind: 5555 }],
    ['bind', { bind: '' }],
    ['bind', { bind: [] }],
    ['bind', { bind: ['tcp://*:1', 'localhost:2'] }],
    ['bind', { bind: 'tcp://host' }],
    ['bind', { bind: 'tcp://*:70000' }],
    ['bind', { bind: 'ipc://' }],
    ['bind', { bind: `ipc:///${'x'.repeat(120)}` }],
    ['bind', { bind: 'inproc://' }],
    ['bind', { bind: 'http://*:1' }],
    ['bind', { bind: 'inproc://a', context: createContext({ transports: [] }) }],
    ['connect', { connect: 'tcp://host' }],
    ['connect', { connect: ['tcp://host:1', 'tcp://*:1'] }],
    ['connect', { connect: 'ipc://*' }],
    ['connect', { connect: 'udp://host:1' }],
    ['events.bind', { ...at, events: { bind: 'tcp://*' } }],
    ['events.connect', { ...at, events: { connect: 'tcp://host:*' } }],
    ['conect', { ...at, conect: 'tcp://a:1' }],
    ['__proto__', JSON.parse('{"bind":"tcp://*:1","__proto__":1}')],
    ['toString', { ...at, toString: 1 }],
    ['events', { ...at, events: {} }],
    ['events', { ...at, events: 'tcp://*:1' }],
    ['events.bind', { ...at, events: { bind: 7 } }],
    ['events.port', { ...at, events: { port: 7 } }],
    ['name', { ...at, name: 'a' }],
    ['peerName', { ...at, peerName: '' }],
    ['peerName', { ...at, peerName: 'x'.repeat(256) }],
    ['codec', { ...at, codec: [] }],
    ['codec[1]', { ...at, codec: [jsonCodec, {}] }],
    ['reconnect.maxDelay', { ...at, reconnect: { initialDelay: 500, maxDelay: 100 } }],
    ['logger', { ...at, logger: () => {} }],
    ['metrics', { ...at, metrics: {} }],
    ['tracing', { ...at, tracing: true }],
    ['codec', { ...at, codec: {} }],
    ['codec.contentType', { ...at, codec: { encode: () => '', decode: () => 1 } }],
    ['sendHighWaterMark', { ...at, sendHighWaterMark: -1 }],
    ['sendHighWaterMark', { ...at, sendHighWaterMark: 1.5 }],
    ['maxMessageSize', { ...at, maxMessageSize: '1' }],
    ['reconnect.jitter', { ...at, reconnect: { jitter: 2 } }],
    ['reconnect.maxDelay', { ...at, reconnect: { initialDelay: 200, maxDelay: 199 } }],
    ['reconnect.max', { ...at, reconnect: { max: 2 } }],
    ['heartbeat', { ...at, heartbeat: true }],
    ['heartbeat.interval', { ...at, heartbeat: { interval: 0 } }],
    ['context', { ...at, context: 'x' }],
    ['context', { ...at, context: {} }],
    ['clock', { ...at, clock: {} }],
    ['linger', { ...at, linger: Number.NaN }],
  ])('names %s', (key, options) => {
    expect(keyOf(() => checkServerOptions(options))).toBe(key);
    expect(keyOf(() => checkClientOptions(options))).toBe(key);
  });

  it.each<[string, unknown]>([
    ['gracePeriod', { ...at, gracePeriod: -1 }],
    ['gracefulShutdown', { ...at, gracefulShutdown: 1 }],
    ['maxConcurrency', { ...at, maxConcurrency: Infinity }],
    ['streamIdleTimeout', { ...at, streamIdleTimeout: '1s' }],
    ['serializer', { ...at, serializer: {} }],
    ['requestTimeout', { ...at, requestTimeout: 1 }],
  ])('names %s of a server', (key, options) => {
    expect(keyOf(() => checkServerOptions(options))).toBe(key);
  });

  it.each<[string, unknown]>([
    ['connectTimeout', { ...at, connectTimeout: 0 }],
    ['requestTimeout', { ...at, requestTimeout: -1 }],
    ['deadline', { ...at, deadline: 0 }],
    ['maxWaiting', { ...at, maxWaiting: -1 }],
    ['minPeers', { ...at, minPeers: -1 }],
    ['subscribeTimeout', { ...at, subscribeTimeout: null }],
    ['deserializer', { ...at, deserializer: { serialize: () => 1 } }],
    ['gracePeriod', { ...at, gracePeriod: 1 }],
  ])('names %s of a client', (key, options) => {
    expect(keyOf(() => checkClientOptions(options))).toBe(key);
  });

  it('takes undefined for absent, and everything that is documented', () => {
    checkServerOptions({
      ...at,
      connect: ['ipc:///a', 'inproc://b'],
      peerName: undefined,
      heartbeat: false,
      linger: -1,
    });
    checkClientOptions({
      events: { connect: 'tcp://a:1' },
      requestTimeout: 0,
      reconnect: { initialDelay: 2, maxDelay: 2, jitter: 0 },
    });
  });

  it.each<[object, string]>([
    [
      { heartbeat: true },
      "Option 'heartbeat': must be { interval: 5000, timeout: 10000 } (ms) or false, not true; leave it out for the defaults",
    ],
    [{ linger: '1s' }, "Option 'linger': must be a whole number from -1 to 2147483647, not '1s'"],
    [
      { reconnect: { initialDelay: 500, maxDelay: 100 } },
      "Option 'reconnect.maxDelay': must be at least initialDelay (500), not 100",
    ],
    [{ peerName: 7 }, "Option 'peerName': must be a string of 1 to 255 bytes, not 7"],
    [
      { bind: ['tcp://*:1', 'tcp://*:70000'] },
      "Option 'bind': 'tcp://*:70000': Invalid argument: \"70000\" is no port; it is a number from 0 to 65535",
    ],
    [
      { events: { connect: 'udp://a:1' } },
      "Option 'events.connect': 'udp://a:1': Protocol not supported: \"udp://a:1\" has the unknown scheme udp://; known are tcp://, ipc://, inproc://",
    ],
    [{ clock: null }, "Option 'clock': must be an object with the method now(), not null"],
  ])('says what is wrong with %j', (options, message) => {
    expect(() => checkServerOptions({ ...at, ...options })).toThrow(message);
  });

  it.each([
    ['conect', 'connect'],
    ['bnid', 'bind'],
    ['requestTimeOut', 'requestTimeout'],
    ['reconect', 'reconnect'],
    ['name', 'peerName'],
    ['url', 'connect'],
    ['retryDelay', 'reconnect'],
  ])('asks whether %s means %s', (wrong, meant) => {
    expect(() => checkClientOptions({ ...at, [wrong]: 1 })).toThrow(
      `'${wrong}': is unknown; did you mean '${meant}'? known are `,
    );
  });

  it('does not guess what is far from everything', () => {
    expect(() => checkClientOptions({ ...at, colour: 'red' })).toThrow(
      "'colour': is unknown; known are bind, connect, ",
    );
    expect(() => checkClientOptions({ ...at, reconnect: { intialDelay: 1 } })).toThrow(
      "did you mean 'reconnect.initialDelay'?",
    );
  });
});
