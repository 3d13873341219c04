import { Context, Router } from '@nest-zmq/core';
import { attentivePeer, commonSocketOptions, maxPayloadSize } from './socket.options.js';

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

it('what is sent is what the other side takes: also without a limit of ours, and within the limit of a context', async () => {
  const context = new Context({ maxMessageSize: 500 });
  const sizes = [{}, { maxMessageSize: 1_000 }, { maxMessageSize: -1 }, { maxMessageSize: -1, context }, { context }];
  expect(sizes.map(maxPayloadSize)).toEqual([16 * MEBIBYTE, 1_000, 2 ** 31 - 1 - 64 * 1024, 500, 500]);
  await context.terminate();
});
