import base from './jest.config.mjs';

// How many times as much as in the suite: twenty take some ten minutes.
process.env.TEST_TIMES ??= '20';

/**
 * `npm run test:long`: what goes by chance in the suite, for longer. Failures name the
 * seed that brings them back. (The fuzzer has a command of its own, `npm run test:fuzz`.)
 */
export default {
  ...base,
  testRegex: [
    '/test/properties/[^/]+\\.spec\\.ts$',
    '/test/faults/chaos\\.spec\\.ts$',
    '/zmq-core/src/api/stress\\.spec\\.ts$',
  ],
  testTimeout: 15 * 60_000,
};
