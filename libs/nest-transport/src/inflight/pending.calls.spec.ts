import { PayloadCodecs } from '../packet/payload.codec.js';
import { FakePeer } from '../testing/fake.peer.js';
import { ManualClock } from '../testing/manual.clock.js';
import { turns } from '../testing/turns.js';
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

describe('a call for one server', () => {
  it('goes to it out of turn, waits there while it is full, and is cancelled there', async () => {
    const calls = new PendingCalls(options);
    const [first, second] = [join(calls), join(calls)];
    second.peer.room = 0;
    const call = aCall();
    calls.startAt(second.link, call);
    expect([first.peer.sent, second.peer.sent]).toEqual([[], []]);
    expect(calls.stats()).toMatchObject({ inFlight: 1, waiting: 0, sent: 1 });
    // Others do not overtake it at the full server: they go to the one that has room.
    calls.start(aCall());
    calls.start(aCall());
    expect([first.peer.sent.length, second.peer.sent.length]).toEqual([2, 0]);
    calls.cancel(call);
    second.peer.make(5);
    await turns();
    expect(second.peer.sent.map((sent) => sent.slice(2))).toEqual([
      ['1', '1', '<01>'],
      ['', 'cancel'],
    ]);
    expect(calls.usableLinks()).toEqual([first.link, second.link]);
  });
});
