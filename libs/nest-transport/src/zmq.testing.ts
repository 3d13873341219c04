/* The entry `@nest-zmq/transport/testing`: for tests of applications. */
export { ManualClock } from './testkit/manual.clock.js';
export { createTestTransport, TestTransport, type TestTransportOptions } from './testkit/test.transport.js';
