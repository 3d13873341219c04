import type { SocketTypeName } from '../foundation/socket-type.js';
import { frames, PatternHarness } from '../testing/pattern-harness.js';

const EINVAL = expect.objectContaining({ code: 'EINVAL' });

/** What stands before the part in a message that is sent, if anything. */
const senders: readonly [SocketTypeName, ...string[]][] = [
  ['CLIENT'],
  ['SCATTER'],
  ['CHANNEL'],
  ['SERVER', '\0\0\0\x01'],
  ['PEER', '\0\0\0\x01'],
  ['RADIO', 'group'],
];

describe('sending several parts (37/ZMTP "Thread-Safe Socket Types")', () => {
  it.each(senders)('%s refuses', (type, ...address) => {
    const harness = new PatternHarness(type);
    const peer = harness.join();
    expect(() => harness.send(...address, 'a', 'b')).toThrow(EINVAL);
    expect(() => harness.send(...address)).toThrow(EINVAL);
    const toPeer = type === 'RADIO' ? address : [];
    expect(() => harness.pattern.trySendTo(peer.own, frames(...toPeer, 'a', 'b'))).toThrow(EINVAL);
    expect(() => harness.pattern.trySendTo(peer.own, frames(...toPeer))).toThrow(EINVAL);
    expect(peer.readAll()).toEqual([]);
    harness.pattern.trySendTo(peer.own, frames(...toPeer, 'a'));
    expect(peer.readAll()).toEqual([[...toPeer, 'a']]);
  });

  it.each(['CLIENT', 'SCATTER', 'CHANNEL'] as const)('%s refuses also while there is nobody to send to', (type) => {
    const { pattern } = new PatternHarness(type);
    expect(() => pattern.checkWaiting(frames('a', 'b'))).toThrow(EINVAL);
    expect(() => pattern.checkWaiting(frames('a'))).not.toThrow();
  });
});

describe('receiving several parts', () => {
  it.each(['CLIENT', 'GATHER', 'CHANNEL', 'SERVER', 'PEER'] as const)('%s discards them, and counts messages', (type) => {
    const harness = new PatternHarness(type);
    const peer = harness.join();
    peer.send('a', 'b');
    peer.send('one');
    peer.send('', '', '');
    peer.send('two');
    // Looking ahead neither loses nor repeats one.
    expect([harness.pattern.canReceive(), harness.pattern.canReceive()]).toEqual([true, true]);
    expect(harness.receive()!.at(-1)).toBe('one');
    expect(harness.receiveAll().map((message) => message.at(-1))).toEqual(['two']);
    expect(harness.pattern.dropped).toBe(2);
    peer.send('c', 'd');
    expect(harness.pattern.canReceive()).toBe(false);
    expect(harness.pattern.dropped).toBe(3);
    peer.send('');
    expect(harness.receive()!.at(-1)).toBe('');
  }); // prettier-ignore

  it('the source is that of the message that was given, not of one looked at', () => {
    const gather = new PatternHarness('GATHER');
    const [a, b] = [gather.join(), gather.join()];
    a.send('from a');
    expect(gather.receive()).toEqual(['from a']);
    b.send('from b');
    expect(gather.pattern.canReceive()).toBe(true);
    expect(gather.pattern.source).toBe(a.own);
    expect(gather.receive()).toEqual(['from b']);
    expect(gather.pattern.source).toBe(b.own);
  });
});
