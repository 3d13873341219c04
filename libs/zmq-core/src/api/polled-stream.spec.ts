import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, Socket as TcpSocket } from 'node:net';
import { PassThrough, Readable, Writable } from 'node:stream';
import type { PollEvents } from './polled.js';
import { Poller, type PollResult } from './poller.js';

const readable: PollEvents = { readable: true };
const writable: PollEvents = { writable: true };
const both: PollEvents = { readable: true, writable: true };

let poller: Poller;
beforeEach(() => (poller = new Poller()));

function levels([ready, ...others]: readonly PollResult[]): unknown {
  expect(others).toEqual([]);
  return ready && { in: ready.readable, out: ready.writable, ...(ready.error && { error: ready.error }) };
}

describe('Poller of streams', () => {
  it('what is readable stays so until it was read', async () => {
    const stream = new PassThrough();
    poller.add(stream);
    const waiting = poller.poll();
    stream.write('abc');
    expect(levels(await waiting)).toEqual({ in: true, out: false });
    expect(String(stream.read(2))).toBe('ab');
    expect(levels(await poller.poll())).toEqual({ in: true, out: false });
    expect(String(stream.read())).toBe('c');
    expect(await poller.poll(0)).toEqual([]);
    const next = poller.poll();
    stream.write('d');
    expect(levels(await next)).toEqual({ in: true, out: false });
  });

  it('the end is readable, also when nothing came before it', async () => {
    for (const stream of [Readable.from([]), Readable.from(['x'])]) {
      const own = new Poller();
      own.add(stream);
      const parts: unknown[] = [];
      while (!stream.readableEnded) {
        expect(levels(await own.poll())).toEqual({ in: true, out: false });
        parts.push(stream.read());
      }
      expect(levels(await own.poll())).toEqual({ in: true, out: false });
      expect(stream.read()).toBeNull();
      expect(parts.filter((part) => part !== null)).toHaveLength(parts.length - 1);
    }
  });

  it('what is full is writable after its drain', async () => {
    let written: (() => void) | undefined;
    const stream = new Writable({ highWaterMark: 2, write: (_chunk, _encoding, done) => (written = done) });
    poller.add(stream, writable);
    expect(levels(await poller.poll())).toEqual({ in: false, out: true });
    expect(stream.write('abc')).toBe(false);
    expect(await poller.poll(0)).toEqual([]);
    const waiting = poller.poll();
    written!();
    expect(levels(await waiting)).toEqual({ in: false, out: true });
  });

  it('an error is reported, and not uncaught', async () => {
    const stream = new PassThrough();
    poller.add(stream, {});
    const waiting = poller.poll();
    const error = new Error('broken');
    stream.destroy(error);
    expect(levels(await waiting)).toEqual({ in: false, out: false, error });
    expect(levels(await poller.poll())).toEqual({ in: false, out: false, error });
  });

  it('one that was closed without an error is EBADF', async () => {
    const stream = new PassThrough();
    stream.write('never read');
    poller.add(stream, both);
    stream.destroy();
    expect(levels(await poller.poll())).toEqual({
      in: false,
      out: false,
      error: expect.objectContaining({ code: 'EBADF' }) as Error,
    });
  });

  it('leaves no listener behind', () => {
    const stream = new PassThrough();
    const before = stream.eventNames();
    poller.add(stream, both);
    expect(stream.eventNames()).toContain('readable');
    poller.modify(stream, writable);
    expect(stream.eventNames()).not.toContain('readable');
    poller.modify(stream, both);
    poller.remove(stream);
    expect(stream.eventNames()).toEqual(before);
  });

  it('refuses what a stream cannot become, and forgets it', () => {
    const source = Readable.from([]);
    const before = source.eventNames();
    expect(() => poller.add(source, writable)).toThrow(TypeError);
    expect(() => poller.add(new Writable(), readable)).toThrow(TypeError);
    expect([poller.size, source.eventNames()]).toEqual([0, before]);
    poller.add(source);
    expect(() => poller.modify(source, both)).toThrow(TypeError);
  });
});

describe('Poller of TCP sockets', () => {
  let server: Server;
  let accepted: Promise<TcpSocket>;
  let socket: TcpSocket;

  beforeEach(async () => {
    server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
    accepted = once(server, 'connection').then(([peer]) => peer as TcpSocket);
    await once(server, 'listening');
    socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  });

  afterEach(async () => {
    socket.destroy();
    (await accepted).destroy();
    server.close();
  });

  it('one that connects is writable when it is connected', async () => {
    poller.add(socket, both);
    expect(await poller.poll(0)).toEqual([]);
    expect(levels(await poller.poll())).toEqual({ in: false, out: true });
    expect(socket.connecting).toBe(false);
  });

  it('what the peer sends, and its end', async () => {
    const peer = await accepted;
    poller.add(socket);
    const waiting = poller.poll();
    peer.end('bye');
    expect(levels(await waiting)).toEqual({ in: true, out: false });
    let text = '';
    while (!socket.readableEnded) {
      await poller.poll();
      text += String(socket.read() ?? '');
    }
    expect(text).toBe('bye');
    expect(levels(await poller.poll())).toEqual({ in: true, out: false });
  });

  it('a reset', async () => {
    const peer = await accepted;
    poller.add(socket);
    const waiting = poller.poll();
    peer.resetAndDestroy();
    expect(levels(await waiting)).toMatchObject({ error: { code: 'ECONNRESET' } });
  });
});
