import { FakePeer } from '../testing/fake.peer.js';
import { turns } from '../testing/turns.js';
import { Outbox } from './outbox.js';

const message = (text: string) => [text];

describe('Outbox', () => {
  it('sends at once while there is room', () => {
    const peer = new FakePeer();
    const outbox = new Outbox(peer, peer);
    expect(outbox.send(message('a'))).toBe(true);
    expect(outbox.trySend(message('b'))).toBe(true);
    expect(peer.sent).toEqual([['a'], ['b']]);
  });

  it('keeps the order when the peer is full, and tells when nothing waits any more', async () => {
    const peer = new FakePeer(1);
    const outbox = new Outbox(peer, peer);
    let empty = false;
    expect(outbox.send(message('a'))).toBe(true);
    expect(outbox.send(message('b'))).toBe(false);
    expect(outbox.send(message('c'))).toBe(false);
    outbox.whenEmpty(() => (empty = true));
    peer.room = 1;
    // Nothing overtakes what waits.
    expect(outbox.trySend(message('x'))).toBe(false);
    peer.make(1);
    await turns();
    expect(peer.sent).toEqual([['a'], ['b']]);
    expect(empty).toBe(false);
    peer.make(5);
    await turns();
    expect(peer.sent).toEqual([['a'], ['b'], ['c']]);
    expect(empty).toBe(true);
    expect(outbox.empty).toBe(true);
  });

  it('drops and counts what waits when the peer is lost, and wakes who waited', async () => {
    const peer = new FakePeer(0);
    const outbox = new Outbox(peer, peer);
    let woken = 0;
    outbox.send(message('a'));
    outbox.whenEmpty(() => woken++);
    peer.leave();
    await turns();
    outbox.close();
    expect(woken).toBe(1);
    expect(outbox.send(message('b'))).toBe(true);
    expect(outbox.trySend(message('c'))).toBe(false);
    expect(outbox.dropped).toBe(2);
    expect(peer.sent).toEqual([]);
  });

  it('survives a peer that leaves between the look and the send', () => {
    const peer = new FakePeer();
    const outbox = new Outbox(peer, peer);
    peer.leave();
    expect(outbox.send(message('a'))).toBe(true);
    expect(outbox.dropped).toBe(1);
  });
});

describe('an Outbox of a peer that does not read', () => {
  it('is overfull when too many messages wait, or too many bytes, until they are gone', async () => {
    const peer = new FakePeer(0);
    const outbox = new Outbox(peer, peer);
    for (let i = 0; i < 99_999; i++) outbox.send(message('x'));
    expect(outbox.overfull).toBe(false);
    outbox.send(message('x'));
    expect(outbox.overfull).toBe(true);
    peer.make(1_000_000);
    await turns();
    expect([outbox.overfull, outbox.empty]).toEqual([false, true]);

    peer.room = 0;
    const large = [Buffer.alloc(32 * 1024 * 1024)];
    outbox.send(large);
    expect(outbox.overfull).toBe(false);
    outbox.send(large);
    expect(outbox.overfull).toBe(true);
    outbox.close();
    expect(outbox.overfull).toBe(false);
  });
});
