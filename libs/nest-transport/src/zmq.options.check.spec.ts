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
    ['conect', { ...at, conect: 'tcp://a:1' }],
    ['__proto__', JSON.parse('{"bind":"tcp://*:1","__proto__":1}')],
    ['toString', { ...at, toString: 1 }],
    ['events', { ...at, events: {} }],
    ['events', { ...at, events: 'tcp://*:1' }],
    ['events.bind', { ...at, events: { bind: 7 } }],
    ['events.port', { ...at, events: { port: 7 } }],
    ['name', { ...at, name: '' }],
    ['name', { ...at, name: 'x'.repeat(256) }],
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
    ['minPeers', { ...at, minPeers: -1 }],
    ['subscribeTimeout', { ...at, subscribeTimeout: null }],
    ['deserializer', { ...at, deserializer: { serialize: () => 1 } }],
    ['gracePeriod', { ...at, gracePeriod: 1 }],
  ])('names %s of a client', (key, options) => {
    expect(keyOf(() => checkClientOptions(options))).toBe(key);
  });

  it('takes undefined for absent, and everything that is documented', () => {
    checkServerOptions({ ...at, connect: ['ipc:///a', 'inproc://b'], name: undefined, heartbeat: false, linger: -1 });
    checkClientOptions({
      events: { connect: 'tcp://a:1' },
      requestTimeout: 0,
      reconnect: { initialDelay: 2, maxDelay: 2, jitter: 0 },
    });
  });
});
