import { PayloadCodecs } from '../packet/payload.codec.js';
import { FakePeer } from '../testing/fake.peer.js';
import { ManualClock } from '../testing/manual.clock.js';
import { DeadlineQueue } from './deadline.queue.js';
import { Outbox } from './outbox.js';
import { PendingCall } from './pending.call.js';
import { PendingCalls } from './pending.calls.js';
import { ServerLink } from './server.link.js';

const options = {
  codecs: new PayloadCodecs(),
  deadlines: new DeadlineQueue(new ManualClock()),
  connectTimeout: 1_000,
  requestTimeout: 1_000,
  whenWritable: () => {},
  lastFailure: () => undefined,
};

function join(calls: PendingCalls): { peer: FakePeer; link: ServerLink } {
  const peer = new FakePeer();
  const link = new ServerLink(peer, new Outbox(peer, peer));
  calls.add(link);
  return { peer, link };
}

function aCall(): PendingCall {
  const frame = Buffer.from('1');
  const content = { name: frame, payload: frame, contentType: undefined, headers: undefined, deadlineMs: undefined };
  return new PendingCall(
    content,
    () => {},
    () => {},
  );
}

const ids = ({ sent }: FakePeer): (string | undefined)[] => sent.map(([id]) => id);

describe('request ids', () => {
  it('have four bytes, count up, and begin again after the last', () => {
    const calls = new PendingCalls(options, 0xffff_fffe);
    const { peer } = join(calls);
    for (let i = 0; i < 3; i++) calls.start(aCall());
    expect(ids(peer)).toEqual(['<ffffffff>', '<00000000>', '<00000001>']);
  });

  it('skip those of calls that this server still has when the counter comes round', () => {
    const calls = new PendingCalls(options, 0xffff_fffe);
    const { peer, link } = join(calls);
    link.calls.set(0, aCall());
    link.calls.set(1, aCall());
    for (let i = 0; i < 2; i++) calls.start(aCall());
    expect(ids(peer)).toEqual(['<ffffffff>', '<00000002>']);
  });
});
