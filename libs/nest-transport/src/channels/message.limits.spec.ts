import { Router } from '@nest-zmq/core';
import { attentivePeer, commonSocketOptions } from './socket.options.js';

const MEBIBYTE = 1024 * 1024;

/** What a socket that is made with them lives by. */
function limitsOf(options: object) {
  const router = new Router({ ...commonSocketOptions(options), ...attentivePeer });
  const { maxMessageSize, maxUnfinishedBytes, maxFramesPerMessage, writeStallTimeout } = router;
  router.close();
  return { maxMessageSize, maxUnfinishedBytes, maxFramesPerMessage, writeStallTimeout };
}

it('a peer may send parts of 16 MiB, four times that in one message with its envelope, and 1,000 parts', () => {
  expect(limitsOf({})).toEqual({
    maxMessageSize: 16 * MEBIBYTE,
    maxUnfinishedBytes: 64 * MEBIBYTE + 64 * 1024,
    maxFramesPerMessage: 1_000,
    writeStallTimeout: 60_000,
  });
});

it('with another `maxMessageSize` the message follows, and without one it has no other limit than the core', () => {
  expect(limitsOf({ maxMessageSize: 1_000 })).toMatchObject({
    maxMessageSize: 1_000,
    maxUnfinishedBytes: 4_000 + 64 * 1024,
  });
  expect(limitsOf({ maxMessageSize: -1 })).toMatchObject({ maxMessageSize: -1, maxUnfinishedBytes: 2 ** 31 - 1 });
});
