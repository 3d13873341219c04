import { lastValueFrom, of } from 'rxjs';
import type { CallClientChannel } from './channels/call-client.channel.js';
import { callAll } from './zmq.client.all.js';
import { ZmqNoPeerError } from './zmq.errors.js';

/** A channel that had its servers a moment ago, and has these now. */
function channelWith(...links: object[]): CallClientChannel {
  const calls = { usableLinks: () => links };
  const readyForAll = (
    _servers: number,
    _deadlineMs: number | undefined,
    settle: { resolve(): void },
  ): (() => void) => {
    settle.resolve();
    return () => {};
  };
  return { calls, readyForAll } as unknown as CallClientChannel;
}

const ask = (channel: CallClientChannel): Promise<number> =>
  lastValueFrom(callAll({ channel, servers: 1, deadlineMs: undefined, startAt: () => of(1) }));

it('a call to all servers fails when they are lost between their coming and its sending', async () => {
  await expect(ask(channelWith())).rejects.toBeInstanceOf(ZmqNoPeerError);
  expect(await ask(channelWith({}))).toBe(1);
});
