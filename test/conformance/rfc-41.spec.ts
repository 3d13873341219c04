import { Client, type Context, createContext, Server } from '@nest-zmq/core';
import { ManualClock } from '../../libs/zmq-core/src/testing/manual-clock.js';
import { bytes, command, message, pattern, ready } from '../support/raw-bytes.js';
import { nextTurn, RawListener, RawPeer } from '../support/raw-peer.js';
import { closedAfterEach, fill, numbers, receive, rejection, text, untilPeers } from '../support/sockets.js';
import { EventLog } from '../support/stage.js';

/*
 * 41/CLISRV, clause by clause, and what 37/ZMTP adds for these two types. The other
 * side speaks bytes.
 */

const LARGE = pattern(256 * 1024);

let clock: ManualClock;
let context: Context;
const open = closedAfterEach();
const raws: RawPeer[] = [];
const listeners: RawListener[] = [];
beforeEach(() => {
  clock = new ManualClock();
  context = createContext({ clock });
});
afterEach(() => {
  for (const raw of raws.splice(0)) raw.destroy();
  for (const listener of listeners.splice(0)) listener.close();
});

async function listen(): Promise<RawListener> {
  const listener = await RawListener.listen();
  listeners.push(listener);
  return listener;
}

/** Somebody of this type, connected and welcomed. */
async function join(endpoint: string, type: string): Promise<RawPeer> {
  const raw = await RawPeer.connect(endpoint);
  raws.push(raw);
  await raw.handshake(type);
  return raw;
}

async function accept(listener: RawListener, type = 'SERVER'): Promise<RawPeer> {
  const raw = await listener.accept();
  raws.push(raw);
  await raw.handshake(type);
  return raw;
}

async function bound<S extends Client | Server>(socket: S): Promise<S> {
  await open(socket).bind('tcp://127.0.0.1:*');
  return socket;
}

async function frames(raw: RawPeer, count: number): Promise<Buffer[]> {
  const all: Buffer[] = [];
  while (all.length < count) all.push(await raw.readFrame());
  return all;
}

describe('37-PATTERN-5: the CLIENT', () => {
  it('announces its Socket-Type and no Identity', async () => {
    const client = await bound(new Client({ context, linger: 0 }));
    const raw = await RawPeer.connect(client.lastEndpoint!);
    raws.push(raw);
    expect(await raw.handshake('SERVER')).toEqual(ready('CLIENT'));
  });

  it('talks to SERVERs and to nobody else', async () => {
    const client = await bound(new Client({ context, linger: 0 }));
    for (const type of ['CLIENT', 'ROUTER', 'REP', 'PEER']) {
      const raw = await RawPeer.connect(client.lastEndpoint!);
      raws.push(raw);
      await raw.handshake(type);
      expect(await raw.readFrame()).toEqual(command('ERROR', bytes('13 "Invalid socket type"')));
      await raw.ended;
    }
    await join(client.lastEndpoint!, 'SERVER');
    await untilPeers(client, 1);
  });

  it('41-CLIENT-1 41-CLIENT-8: any number of SERVERs, outgoing messages round robin', async () => {
    const client = await bound(new Client({ context, linger: 0 }));
    const all = [];
    for (let i = 1; i <= 3; i++) {
      all.push(await join(client.lastEndpoint!, 'SERVER'));
      await untilPeers(client, i);
    }
    for (let i = 0; i < 6; i++) await client.send(String(i));
    const got = await Promise.all(all.map((raw) => frames(raw, 2)));
    expect(got).toEqual([0, 1, 2].map((i) => [message(String(i)), message(String(i + 3))]));
  });

  it('41-CLIENT-2: SHALL not filter or modify messages in either direction', async () => {
    const client = await bound(new Client({ context, linger: 0 }));
    const raw = await join(client.lastEndpoint!, 'SERVER');
    await untilPeers(client, 1);
    for (const body of [bytes(''), bytes('00'), bytes('01 "A"'), pattern(255), pattern(256), LARGE]) {
      await client.send(body);
      expect((await raw.readFrame()).equals(message(body))).toBe(true);
      raw.write(message(body));
      const [part] = await client.receive();
      expect(part.equals(body)).toBe(true);
    }
  });

  it('41-CLIENT-4 41-CLIENT-6: the queue is made when it connects, kept whether or not there is a connection, and bounded', async () => {
    const listener = await listen();
    const client = open(new Client({ context, linger: 0, sendHighWaterMark: 3 }));
    const events = new EventLog(client);
    client.connect(listener.endpoint);
    expect(fill(client, 10)).toBe(3);
    const first = await accept(listener);
    expect(await frames(first, 3)).toEqual(numbers(3).map(([n]) => message(n!)));
    first.end();
    await events.until('disconnect');
    expect(fill(client, 10, (i) => i + 3)).toBe(3);
    clock.advance(1000);
    const second = await accept(listener);
    expect(await frames(second, 3)).toEqual(numbers(3, 3).map(([n]) => message(n!)));
  });

  it('41-CLIENT-5: the queue of a peer that connected to it goes with it, and what it holds', async () => {
    const client = await bound(new Client({ context, linger: 0 }));
    const events = new EventLog(client);
    const lazy = await join(client.lastEndpoint!, 'SERVER');
    await untilPeers(client, 1);
    lazy.pause();
    for (let i = 0; i < 100; i++) client.trySend(LARGE);
    lazy.reset();
    await events.until('disconnect');
    expect(client.trySend('nobody is there')).toBe(false);
    const other = await join(client.lastEndpoint!, 'SERVER');
    await untilPeers(client, 1);
    await client.send('to the other');
    expect(await other.readFrame()).toEqual(message('to the other'));
  });

  it('41-CLIENT-3 41-CLIENT-7 41-CLIENT-11: what finds no room is not accepted and not discarded; meanwhile it receives', async () => {
    const client = await bound(new Client({ context, linger: 0, sendHighWaterMark: 2 }));
    const raw = await join(client.lastEndpoint!, 'SERVER');
    await untilPeers(client, 1);
    raw.pause();
    const taken = fill(client, 1000, () => LARGE);
    expect(taken).toBeLessThan(1000);
    client.sendTimeout = 0;
    expect(await rejection(client.send('no room'))).toMatchObject({ code: 'EAGAIN' });
    raw.write(message('comes'));
    expect(await receive(client, 1)).toEqual([['comes']]);
    raw.resume();
    for (let i = 0; i < taken; i++) expect((await raw.readFrame()).equals(message(LARGE))).toBe(true);
    client.sendTimeout = -1;
    await client.send('end');
    expect(await raw.readFrame()).toEqual(message('end'));
    expect(client.dropped).toBe(0);
  });

  it('41-CLIENT-9 41-CLIENT-10: without an available peer it blocks, and accepts nothing', async () => {
    const client = await bound(new Client({ context, linger: 0 }));
    const sent = client.send('waits');
    expect(client.trySend('so does this')).toBe(false);
    const raw = await join(client.lastEndpoint!, 'SERVER');
    await sent;
    expect(await raw.readFrame()).toEqual(message('waits'));
  });

  it('41-CLIENT-12 41-CLIENT-13: SHALL receive fairly, and deliver', async () => {
    const client = await bound(new Client({ context, linger: 0 }));
    const [loud, quiet] = [await join(client.lastEndpoint!, 'SERVER'), await join(client.lastEndpoint!, 'SERVER')];
    loud.write(...['l1', 'l2', 'l3'].map((part) => message(part)));
    await loud.fence();
    quiet.write(message('q1'));
    await quiet.fence();
    expect(await receive(client, 4)).toEqual([['l1'], ['q1'], ['l2'], ['l3']]);
  });

  it('MUST disallow the sending of multipart messages and MUST discard those it receives', async () => {
    const client = await bound(new Client({ context, linger: 0 }));
    expect(await rejection(client.send(['a', 'b'] as never))).toMatchObject({ code: 'EINVAL' });
    const raw = await join(client.lastEndpoint!, 'SERVER');
    await untilPeers(client, 1);
    expect(await rejection(client.send(['a', 'b'] as never))).toMatchObject({ code: 'EINVAL' });
    expect(() => client.trySend(['a', 'b'] as never)).toThrow(expect.objectContaining({ code: 'EINVAL' }));
    await client.send(['one'] as never);
    expect(await raw.readFrame()).toEqual(message('one'));
    raw.write(message('a', 'b'), message('', ''), message('single'));
    expect(await receive(client, 1)).toEqual([['single']]);
    expect(client.dropped).toBe(2);
  });
});

describe('the SERVER', () => {
  it('announces its Socket-Type and no Identity; refuses all but CLIENTs', async () => {
    const server = await bound(new Server({ context, linger: 0 }));
    const raw = await RawPeer.connect(server.lastEndpoint!);
    raws.push(raw);
    expect(await raw.handshake('DEALER')).toEqual(ready('SERVER'));
    expect(await raw.readFrame()).toEqual(command('ERROR', bytes('13 "Invalid socket type"')));
    await raw.ended;
  });

  it('41-SERVER-1 41-SERVER-6 41-SERVER-11: any number of CLIENTs, each with a unique non-zero 32-bit routing id, by which it is sent to', async () => {
    const server = await bound(new Server({ context, linger: 0 }));
    const all: RawPeer[] = [];
    const ids: number[] = [];
    for (const identity of [undefined, 'same', 'same']) {
      const raw = await RawPeer.connect(server.lastEndpoint!);
      raws.push(raw);
      all.push(raw);
      await raw.handshake('CLIENT', identity);
      raw.write(message('hello'));
      ids.push((await server.receive())[1].routingId);
    }
    expect(new Set(ids).size).toBe(3);
    for (const id of ids) expect([Number.isInteger(id), id > 0, id <= 0xffffffff]).toEqual([true, true, true]);
    for (const [i, routingId] of ids.entries()) await server.send(`to ${i}`, { routingId });
    for (const [i, raw] of all.entries()) expect(await raw.readFrame()).toEqual(message(`to ${i}`));
  });

  it('41-SERVER-8 41-SERVER-9 41-SERVER-10: SHALL receive fairly, and deliver with the routing id', async () => {
    const server = await bound(new Server({ context, linger: 0 }));
    const [loud, quiet] = [await join(server.lastEndpoint!, 'CLIENT'), await join(server.lastEndpoint!, 'CLIENT')];
    loud.write(...['l1', 'l2', 'l3'].map((part) => message(part)));
    await loud.fence();
    quiet.write(message('q1'));
    await quiet.fence();
    const got = [];
    for (let i = 0; i < 4; i++) got.push(await server.receive());
    expect(got.map(([part]) => String(part))).toEqual(['l1', 'q1', 'l2', 'l3']);
    const [l1, q1, l2, l3] = got.map(([, { routingId }]) => routingId);
    expect([l2, l3]).toEqual([l1, l1]);
    expect(q1).not.toBe(l1);
  });

  it('41-SERVER-2: SHALL not filter or modify messages in either direction', async () => {
    const server = await bound(new Server({ context, linger: 0 }));
    const raw = await join(server.lastEndpoint!, 'CLIENT');
    for (const body of [bytes(''), bytes('00'), bytes('01 "A"'), pattern(255), pattern(256), LARGE]) {
      raw.write(message(body));
      const [part, extra] = await server.receive();
      expect(part.equals(body)).toBe(true);
      await server.send(body, extra);
      expect((await raw.readFrame()).equals(message(body))).toBe(true);
    }
  });

  it('41-SERVER-12: a message goes to the queue that it names; a request may have any number of replies', async () => {
    const server = await bound(new Server({ context, linger: 0 }));
    const raw = await join(server.lastEndpoint!, 'CLIENT');
    raw.write(message('none'), message('three'));
    await server.receive();
    const [, extra] = await server.receive();
    for (const reply of ['1', '2', '3']) await server.send(reply, extra);
    expect(await frames(raw, 3)).toEqual(['1', '2', '3'].map((part) => message(part)));
  });

  it('41-SERVER-13: SHALL return an error if the queue does not exist, or not any more', async () => {
    const server = await bound(new Server({ context, linger: 0 }));
    const events = new EventLog(server);
    expect(await rejection(server.send('x', { routingId: 1 }))).toMatchObject({ code: 'EHOSTUNREACH' });
    const raw = await join(server.lastEndpoint!, 'CLIENT');
    raw.write(message('hello'));
    const [, extra] = await server.receive();
    raw.end();
    await events.until('disconnect');
    expect(await rejection(server.send('x', extra))).toMatchObject({ code: 'EHOSTUNREACH' });
    expect(() => server.trySend('x', extra)).toThrow(expect.objectContaining({ code: 'EHOSTUNREACH' }));
  });

  it('41-SERVER-3 41-SERVER-7 41-SERVER-14 41-SERVER-15: a full queue makes it block, or refuse with `sendTimeout`; it still receives, and nothing is lost', async () => {
    const server = await bound(new Server({ context, linger: 0, sendHighWaterMark: 2 }));
    const [lazy, quick] = [await join(server.lastEndpoint!, 'CLIENT'), await join(server.lastEndpoint!, 'CLIENT')];
    lazy.write(message('lazy'));
    const [, toLazy] = await server.receive();
    quick.write(message('quick'));
    const [, toQuick] = await server.receive();
    lazy.pause();
    let taken = 0;
    while (taken < 1000 && server.trySend(LARGE, toLazy)) taken++;
    expect(taken).toBeLessThan(1000);
    server.sendTimeout = 0;
    expect(await rejection(server.send('no room', toLazy))).toMatchObject({ code: 'EAGAIN' });
    expect(server.trySend('room', toQuick)).toBe(true);
    expect(await quick.readFrame()).toEqual(message('room'));
    lazy.write(message('still comes'));
    expect(text([(await server.receive())[0]])).toEqual(['still comes']);

    server.sendTimeout = -1;
    const waiting = server.send('waits', toLazy);
    lazy.resume();
    await waiting;
    for (let i = 0; i < taken; i++) expect((await lazy.readFrame()).equals(message(LARGE))).toBe(true);
    expect(await lazy.readFrame()).toEqual(message('waits'));
    expect(server.dropped).toBe(0);
  });

  it('41-SERVER-13: a send that waits for a full peer ends with it', async () => {
    const server = await bound(new Server({ context, linger: 0, sendHighWaterMark: 1 }));
    const raw = await join(server.lastEndpoint!, 'CLIENT');
    raw.write(message('hello'));
    const [, extra] = await server.receive();
    raw.pause();
    // More than the kernel holds, then as many as the queue holds.
    expect(server.trySend(Buffer.alloc(64 * 1024 * 1024), extra)).toBe(true);
    await nextTurn();
    expect([server.trySend('fills', extra), server.trySend('full', extra)]).toEqual([true, false]);
    const waiting = rejection(server.send('waits', extra));
    raw.reset();
    expect(await waiting).toMatchObject({ code: 'EHOSTUNREACH' });
  });

  it('41-SERVER-5: the queue of a peer that left is gone; the next one is another', async () => {
    const server = await bound(new Server({ context, linger: 0 }));
    const events = new EventLog(server);
    const first = await join(server.lastEndpoint!, 'CLIENT');
    first.write(message('hello'));
    const [, before] = await server.receive();
    first.end();
    await events.until('disconnect');
    const second = await join(server.lastEndpoint!, 'CLIENT');
    second.write(message('hello'));
    const [, after] = await server.receive();
    expect(after.routingId).not.toBe(before.routingId);
    expect(await rejection(server.send('x', before))).toMatchObject({ code: 'EHOSTUNREACH' });
  });

  it('41-SERVER-4: a CLIENT that it has dialled keeps its queue and its number over a reconnect', async () => {
    const listener = await listen();
    const server = open(new Server({ context, linger: 0 }));
    const events = new EventLog(server);
    server.connect(listener.endpoint);
    const first = await accept(listener, 'CLIENT');
    first.write(message('hello'));
    const [, extra] = await server.receive();
    first.end();
    await events.until('disconnect');
    await server.send('while it is away', extra);
    clock.advance(1000);
    const second = await accept(listener, 'CLIENT');
    expect(await second.readFrame()).toEqual(message('while it is away'));
    second.write(message('hello again'));
    expect((await server.receive())[1]).toEqual(extra);
  });

  it('MUST disallow the sending of multipart messages and MUST discard those it receives', async () => {
    const server = await bound(new Server({ context, linger: 0 }));
    const raw = await join(server.lastEndpoint!, 'CLIENT');
    raw.write(message('a', 'b'), message('', '', ''), message('single'));
    const [part, extra] = await server.receive();
    expect(text([part])).toEqual(['single']);
    expect(server.dropped).toBe(2);
    expect(await rejection(server.send(['a', 'b'] as never, extra))).toMatchObject({ code: 'EINVAL' });
    expect(() => server.trySend(['a', 'b'] as never, extra)).toThrow(expect.objectContaining({ code: 'EINVAL' }));
    await server.send('end', extra);
    expect(await raw.readFrame()).toEqual(message('end'));
  });
});
