import { ZmqOptionsError } from '../zmq.errors.js';
import { checkPoolOptions, checkWorkersOptions } from './worker.options.js';

type Check = (options: unknown) => void;

function keyOf(check: Check, options: unknown): string {
  try {
    check(options);
  } catch (error) {
    if (error instanceof ZmqOptionsError) return error.key;
    throw error;
  }
  return 'none';
}

describe('pool options', () => {
  const check: Check = (options) => checkPoolOptions(options);

  it('takes all that are documented', () => {
    const all = {
      bind: 'tcp://127.0.0.1:*',
      connect: ['tcp://a:1', 'ipc:///b'],
      ack: 'none',
      peerName: 'gateway',
      maxWaiting: 0,
      pushTimeout: 1_000,
      sendHighWaterMark: 1,
      sendHighWaterMarkBytes: 0,
      linger: -1,
      heartbeat: false,
      maxMessageSize: 1_024,
    };
    expect(keyOf(check, all)).toBe('none');
  });

  it.each<[string, Record<string, unknown>]>([
    ['bind', {}],
    ['bind', { bind: 'not an address' }],
    ['connect', { connect: [] }],
    ['connect', { connect: ['tcp://a:1', 'tcp://127.0.0.1:99999'] }],
    ['connect', { connect: 'foo://a' }],
    ['ack', { bind: 'inproc://a', ack: 'maybe' }],
    ['maxWaiting', { bind: 'inproc://a', maxWaiting: -1 }],
    ['pushTimeout', { bind: 'inproc://a', pushTimeout: 0.5 }],
    ['sendHighWaterMark', { bind: 'inproc://a', sendHighWaterMark: '16' }],
    ['receiveHighWaterMark', { bind: 'inproc://a', receiveHighWaterMark: 1 }],
    ['concurrency', { bind: 'inproc://a', concurrency: 2 }],
    ['heartbeat.interval', { bind: 'inproc://a', heartbeat: { interval: 0 } }],
  ])('names the bad option %s', (key, options) => {
    expect(keyOf(check, options)).toBe(key);
  });

  it('takes those of acknowledged tasks, and refuses them where they would do nothing', () => {
    const explicit = {
      queueLimit: 0,
      ackTimeout: 0,
      maxDeliveries: 1,
      gracePeriod: 0,
      onDeadLetter: () => {},
    };
    expect(keyOf(check, { bind: 'inproc://a', ack: 'explicit', ...explicit })).toBe('none');
    for (const [key, value] of Object.entries(explicit)) {
      expect(() => check({ bind: 'inproc://a', [key]: value })).toThrow(
        `Option '${key}': is for pools with ack: 'explicit'; add that, or leave it out`,
      );
    }
  });

  it.each<[string, unknown]>([
    ['queueLimit', -1],
    ['ackTimeout', 0.5],
    ['maxDeliveries', 0],
    ['maxDeliveries', 1_001],
    ['gracePeriod', '1s'],
    ['onDeadLetter', 'log'],
  ])('names the bad option %s of acknowledged tasks', (key, value) => {
    expect(keyOf(check, { bind: 'inproc://a', ack: 'explicit', [key]: value })).toBe(key);
  });
});

describe('workers options', () => {
  const check: Check = (options) => checkWorkersOptions(options);

  it('takes all that are documented', () => {
    const all = {
      bind: 'tcp://127.0.0.1:*',
      connect: ['tcp://a:1', 'tcp://b:1'],
      ack: 'none',
      peerName: 'worker-7',
      gracePeriod: 0,
      receiveHighWaterMarkBytes: 1_024,
    };
    expect(keyOf(check, all)).toBe('none');
  });

  it.each<[string, Record<string, unknown> | undefined]>([
    ['options', undefined],
    ['bind', {}],
    ['connect', { connect: 'tcp://127.0.0.1:99999' }],
    ['bind', { bind: 'tcp://127.0.0.1:99999' }],
    ['ack', { bind: 'inproc://a', ack: 'all' }],
    ['prefetch', { bind: 'inproc://a', prefetch: 1 }],
    ['prefetch', { bind: 'inproc://a', ack: 'explicit', prefetch: -1 }],
    ['gracePeriod', { bind: 'inproc://a', gracePeriod: -1 }],
    ['receiveHighWaterMark', { bind: 'inproc://a', receiveHighWaterMark: 10 }],
    ['sendHighWaterMark', { bind: 'inproc://a', sendHighWaterMark: 10 }],
    ['maxWaiting', { bind: 'inproc://a', maxWaiting: 10 }],
  ])('names the bad option %s', (key, options) => {
    expect(keyOf(check, options)).toBe(key);
  });
});
