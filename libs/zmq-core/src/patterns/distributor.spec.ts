import { frames, marks, TestPeer } from '../testing/pattern-harness.js';
import { createPipe, type PipeMarks } from '../pipe/pipe.js';
import { Distributor, Recipient } from './distributor.js';

function audienceOf(count: number, pipeMarks?: PipeMarks) {
  const distributor = new Distributor<Recipient>();
  const peers = Array.from({ length: count }, () => {
    const peer = new TestPeer(...createPipe(pipeMarks));
    peer.own.handler = peer;
    return peer;
  });
  const recipients = peers.map((peer) => new Recipient(peer.own));
  for (const recipient of recipients) distributor.attach(recipient);
  return { distributor, peers, recipients };
}

describe('Distributor', () => {
  it('sends the same array to each selected pipe, once, with its small frames copied', () => {
    const { distributor, peers, recipients } = audienceOf(3);
    const message = [Buffer.from('x'), Buffer.alloc(1000)];
    distributor.clear();
    for (const i of [0, 2, 0, 2]) distributor.select(recipients[i]!);
    expect(distributor.send(message, false)).toBe(true);
    message[0]!.fill('y');
    expect(peers.map((peer) => peer.end.queued)).toEqual([1, 0, 1]);
    const sent = peers[0]!.end.read()!;
    expect(peers[2]!.end.read()).toBe(sent);
    expect([sent[0]!.toString(), sent[1], sent.encoded]).toEqual(['x', message[1], null]);
  });

  it('marks a message as shared only when it goes to more than one pipe', () => {
    const { distributor, recipients } = audienceOf(2);
    const message = frames('x');
    distributor.clear();
    distributor.select(recipients[0]!);
    distributor.send(message, false);
    expect('encoded' in message).toBe(false);
    const bytes = Buffer.from('encoded by an earlier session');
    message.encoded = bytes;
    distributor.selectAll();
    distributor.send(message, false);
    expect(message.encoded).toBe(bytes);
  });

  it('starts its stamps again in time, and still selects each pipe once', () => {
    const { peers, recipients } = audienceOf(2);
    const distributor = new Distributor<Recipient>(3);
    for (const recipient of recipients) distributor.attach(recipient);
    for (let i = 0; i < 10; i++) {
      distributor.clear();
      for (const j of [i % 2, i % 2]) distributor.select(recipients[j]!);
      distributor.send(frames(`${i}`), false);
    }
    expect(peers.map((peer) => peer.readAll().flat())).toEqual([
      ['0', '2', '4', '6', '8'],
      ['1', '3', '5', '7', '9'],
    ]);
  });

  it('wakes nobody for a selection of nobody', () => {
    const { distributor, peers, recipients } = audienceOf(2);
    distributor.clear();
    for (const recipient of recipients) distributor.select(recipient);
    distributor.invert();
    expect(distributor.send(frames('x'), true)).toBe(true);
    expect(peers.map((peer) => peer.wakeUps)).toEqual([0, 0]);
  });

  it('inverts a selection', () => {
    const { distributor, peers, recipients } = audienceOf(3);
    distributor.clear();
    distributor.select(recipients[1]!);
    distributor.invert();
    distributor.send(frames('x'), false);
    expect(peers.map((peer) => peer.readAll().length)).toEqual([1, 0, 1]);
  });

  it('a full pipe loses the message, the others get it', () => {
    const { distributor, peers } = audienceOf(3, marks(1));
    peers[1]!.own.send(frames('filler'));
    distributor.selectAll();
    expect(distributor.send(frames('x'), false)).toBe(true);
    expect(peers.map((peer) => peer.readAll())).toEqual([[['x']], [['filler']], [['x']]]);
    expect(distributor.dropped).toBe(1);
    peers[1]!.close();
    distributor.selectAll();
    distributor.send(frames('y'), false);
    expect(distributor.dropped).toBe(1); // nobody is there to lose it
  });

  it('counts what the only selected pipe loses, unless it is closed', () => {
    const { distributor, peers } = audienceOf(1, marks(1));
    for (const text of ['1', '2']) {
      distributor.selectAll();
      distributor.send(frames(text), false);
    }
    peers[0]!.close();
    distributor.selectAll();
    distributor.send(frames('3'), false);
    expect(distributor.dropped).toBe(1);
  });

  it('noDrop: nobody gets what one cannot take; a closed pipe does not count', () => {
    const { distributor, peers } = audienceOf(3, marks(1));
    peers[1]!.own.send(frames('filler'));
    peers[2]!.close();
    distributor.selectAll();
    expect(distributor.send(frames('x'), true)).toBe(false);
    expect(peers[0]!.readAll()).toEqual([]);
    peers[1]!.readAll();
    expect(distributor.send(frames('x'), true)).toBe(true);
    expect(peers.map((peer) => peer.readAll().length)).toEqual([1, 1, 0]);
    expect(distributor.dropped).toBe(0);
  });

  it('all see the same order when one sends again from within its wake-up', () => {
    const { distributor, peers } = audienceOf(4);
    const replies = ['2', '3'];
    peers[0]!.whenReadable = () => {
      const next = replies.shift();
      if (next === undefined) return;
      peers[0]!.end.read();
      expect(peers[0]!.end.read()).toBeUndefined();
      distributor.selectAll();
      distributor.send(frames(next), false);
    };
    distributor.selectAll();
    distributor.send(frames('1'), false);
    for (const peer of peers.slice(1)) {
      expect(peer.readAll()).toEqual([['1'], ['2'], ['3']]);
      expect(peer.wakeUps).toBe(1);
    }
    expect(peers[0]!.readAll()).toEqual([['3']]);
  });

  it('wakes everybody, even when one leaves from within the wake-up', () => {
    const { distributor, peers, recipients } = audienceOf(4);
    peers[0]!.whenReadable = () => {
      distributor.detach(recipients[0]!);
      distributor.detach(recipients[1]!);
    };
    distributor.selectAll();
    distributor.send(frames('1'), false);
    expect(peers.map((peer) => peer.wakeUps)).toEqual([1, 1, 1, 1]);
    distributor.selectAll();
    distributor.send(frames('2'), false);
    expect(peers.map((peer) => peer.readAll().length)).toEqual([1, 1, 2, 2]);
    distributor.detach(recipients[0]!);
    distributor.attach(recipients[2]!);
    distributor.selectAll();
    distributor.send(frames('3'), false);
    expect(peers.map((peer) => peer.readAll().length)).toEqual([0, 0, 1, 1]);
  });

  it('sends past the marks what must not be lost', () => {
    const { distributor, peers } = audienceOf(2, marks(1));
    for (const topic of ['1', '2', '3']) distributor.sendAlwaysToAll(frames(topic));
    expect(peers.map((peer) => peer.readAll().flat())).toEqual([
      ['1', '2', '3'],
      ['1', '2', '3'],
    ]);
  });
});
