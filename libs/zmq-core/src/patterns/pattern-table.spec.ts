import { socketTypes, type SocketTypeName } from '../foundation/socket-type.js';
import { PatternHarness, peerInfo } from '../testing/pattern-harness.js';
import { patternTable } from './pattern-table.js';

const names = Object.keys(patternTable) as SocketTypeName[];

describe('pattern table', () => {
  it('has one row for each socket type, and no other', () => {
    expect([...names].sort()).toEqual(Object.keys(socketTypes).sort());
    expect(new Set(Object.values(patternTable)).size).toBe(names.length);
  });

  it.each(names)('%s: attach and detach are idempotent, and forgotten pipes are ignored', (type) => {
    const harness = new PatternHarness(type);
    const peer = harness.join();
    harness.pattern.attach(peer.own, { dialed: false });
    const before = harness.pattern.dropped;
    for (let i = 0; i < 2; i++) harness.pattern.detach(peer.own);
    harness.pattern.hiccup(peer.own);
    if (type !== 'PAIR' && type !== 'CHANNEL') expect(harness.pattern.peerReady(peer.own, peerInfo())).toBeUndefined();
    harness.pattern.writable(peer.own);
    harness.pattern.readable(peer.own);
    expect(harness.pattern.canReceive()).toBe(false);
    expect(harness.pattern.dropped).toBe(before);
  });
});
