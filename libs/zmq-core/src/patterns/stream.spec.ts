import { frames, marks, PatternHarness } from '../testing/pattern-harness.js';

const EHOSTUNREACH = expect.objectContaining({ code: 'EHOSTUNREACH' });
const EINVAL = expect.objectContaining({ code: 'EINVAL' });

function id(harness: PatternHarness<'STREAM'>, peer: { readonly own: unknown }): string {
  return harness.pattern.routingIdOf(peer.own as never)!.toString('latin1');
}

describe('STREAM', () => {
  it('puts an id in front of what comes, and sends by it: 0x00 and a counter', () => {
    const stream = new PatternHarness('STREAM');
    const [a, b] = [stream.join(), stream.join()];
    a.send('');
    a.send('hello');
    b.send('');
    expect([id(stream, a), id(stream, b)]).toEqual(['\0\xff\xff\xff\xff', '\0\0\0\0\0']);
    expect(stream.receiveAll()).toEqual([
      [id(stream, a), ''],
      [id(stream, b), ''],
      [id(stream, a), 'hello'],
    ]);
    expect(stream.pattern.source).toBe(a.own);
    stream.send(id(stream, a), 're a');
    stream.send(id(stream, b), 're b');
    expect([a.readAll(), b.readAll()]).toEqual([[['re a']], [['re b']]]);
  });

  it('an announced id counts for nothing', () => {
    const stream = new PatternHarness('STREAM');
    stream.join('A');
    expect(() => stream.send('A', 'x')).toThrow(EHOSTUNREACH);
  });

  it('what is dialled can be sent to at once, and keeps its id over its connections', () => {
    const stream = new PatternHarness('STREAM');
    const [named, other] = [
      stream.attach({ dialed: true, connectRoutingId: Buffer.from('bob') }),
      stream.attach({ dialed: true, connectRoutingId: Buffer.alloc(0) }),
    ];
    const made = id(stream, other);
    expect(made).toHaveLength(5);
    stream.send('bob', 'early');
    stream.send(made, 'early too');
    for (const peer of [named, other]) {
      peer.announce();
      peer.hiccup();
      peer.announce();
    }
    stream.send('bob', 'late');
    expect([named.readAll(), other.readAll()]).toEqual([[['early'], ['late']], [['early too']]]);
    expect([id(stream, named), id(stream, other)]).toEqual(['bob', made]);
  });

  it('a name that is in use is refused, and free again when its connection is gone', () => {
    const stream = new PatternHarness('STREAM');
    const connectRoutingId = Buffer.from('bob');
    const first = stream.attach({ dialed: true, connectRoutingId });
    const second = stream.attach({ dialed: true, connectRoutingId });
    expect([first.closed, second.closed]).toEqual([undefined, expect.stringMatching(/in use/)]);
    stream.send('bob', 'x');
    expect([first.readAll(), second.readAll()]).toEqual([[['x']], []]);
    stream.leave(first);
    expect(() => stream.send('bob', 'x')).toThrow(EHOSTUNREACH);
    expect(stream.attach({ dialed: true, connectRoutingId }).closed).toBeUndefined();
  });

  it('an empty message ends the connection, after what was sent before', () => {
    const stream = new PatternHarness('STREAM');
    const [a, b] = [stream.join(undefined, marks(1)), stream.join()];
    const aId = id(stream, a);
    b.send('unread');
    stream.send(aId, 'last');
    expect(stream.send(aId, '')).toBe(true); // also when there is no room
    expect(a.closed).toBeUndefined();
    expect(a.readAll()).toEqual([['last']]);
    expect(a.closed).toBe('hung up');
    expect(() => stream.send(aId, 'x')).toThrow(EHOSTUNREACH);
    expect(() => stream.send(aId, '')).toThrow(EHOSTUNREACH);
    expect(stream.pattern.trySendTo(b.own, frames(''))).toBe(true);
    expect(b.closed).toBe('hung up');
    expect(stream.pattern.canReceive()).toBe(false);
  });

  it('an unknown id throws, whatever is sent to it; so does one whose peer is gone', () => {
    const stream = new PatternHarness('STREAM');
    expect(stream.pattern.canSend()).toBe(true);
    for (const body of ['x', '']) expect(() => stream.send('nobody', body)).toThrow(EHOSTUNREACH);
    const a = stream.join();
    a.send('unread');
    a.close();
    expect(() => stream.send(id(stream, a), 'x')).toThrow(EHOSTUNREACH);
    expect(() => stream.pattern.trySendTo(a.own, frames('x'))).toThrow(EHOSTUNREACH);
    expect(stream.pattern.dropped).toBe(0);
  });

  it('a full connection makes the sender wait', () => {
    const stream = new PatternHarness('STREAM');
    const a = stream.join(undefined, marks(1));
    const send = (): boolean => stream.send(id(stream, a), 'x');
    expect([send(), send(), stream.pattern.trySendTo(a.own, frames('x'))]).toEqual([true, false, false]);
    expect(a.readAll()).toEqual([['x']]);
    expect(send()).toBe(true);
  });

  it.each([[[]], [['id']], [['id', 'a', 'b']]])('%j is no message of a STREAM', (parts) => {
    const stream = new PatternHarness('STREAM');
    const a = stream.attach({ dialed: true, connectRoutingId: Buffer.from('id') });
    expect(() => stream.send(...parts)).toThrow(EINVAL);
    expect(a.readAll()).toEqual([]);
  });

  it('to a peer goes one frame, without an id', () => {
    const stream = new PatternHarness('STREAM');
    const a = stream.join();
    expect(stream.pattern.trySendTo(a.own, frames('x'))).toBe(true);
    expect(() => stream.pattern.trySendTo(a.own, frames('id', 'x'))).toThrow(EINVAL);
    expect(a.readAll()).toEqual([['x']]);
    stream.leave(a);
    expect(() => stream.pattern.trySendTo(a.own, frames('x'))).toThrow(EHOSTUNREACH);
  });
});
