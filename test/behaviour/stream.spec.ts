import { createServer, request as httpRequest } from 'node:http';
import { type AddressInfo, connect as dial } from 'node:net';
import { once } from 'node:events';
import { createContext, type Peer, Stream } from '@nest-zmq/core';
import { ManualClock } from '../../libs/zmq-core/src/testing/manual-clock.js';
import { pattern } from '../support/raw-bytes.js';
import { nextTurn, RawListener, RawPeer } from '../support/raw-peer.js';
import { closedAfterEach, fill, rejection, text } from '../support/sockets.js';
import { EventLog } from '../support/stage.js';

describe('STREAM', () => {
  const open = closedAfterEach();
  const listeners: RawListener[] = [];

  afterEach(() => {
    for (const listener of listeners.splice(0)) listener.close();
  });

  async function listen(): Promise<RawListener> {
    const listener = await RawListener.listen();
    listeners.push(listener);
    return listener;
  }

  async function bound(options: ConstructorParameters<typeof Stream>[0] = {}): Promise<Stream> {
    const stream = open(new Stream({ linger: 0, ...options }));
    await stream.bind('tcp://127.0.0.1:*');
    return stream;
  }

  /** A client of the stream and the id of its connection. */
  async function joined(stream: Stream): Promise<{ client: RawPeer; id: Buffer }> {
    const client = await RawPeer.connect(stream.lastEndpoint!);
    const [id, notice] = await stream.receive();
    expect(notice).toHaveLength(0);
    return { client, id };
  }

  /** The next bytes of one connection, in whatever pieces they come. */
  async function bytesOf(stream: Stream, id: Buffer, size: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for (let length = 0; length < size; length += pieces.at(-1)!.length) {
      const [from, piece] = await stream.receive();
      expect(from).toEqual(id);
      pieces.push(piece);
    }
    return Buffer.concat(pieces);
  }

  /** Writes to a peer that does not read, until neither the kernel nor the queue takes any more. Gives how many messages. */
  async function fillUp(stream: Stream, id: Buffer, piece: Buffer): Promise<number> {
    let sent = 0;
    for (let quiet = 0; quiet < 10; quiet++) {
      const more = fill(stream, 10_000, () => [id, piece]);
      sent += more;
      if (more > 0) quiet = 0;
      await nextTurn();
    }
    return sent;
  }

  describe('bound', () => {
    it('says nothing by itself, and tells of each beginning and end', async () => {
      const stream = await bound();
      const { client, id } = await joined(stream);
      expect([id.length, id[0]]).toEqual([5, 0]);
      client.write(Buffer.from('hello'));
      expect(await bytesOf(stream, id, 5)).toEqual(Buffer.from('hello'));
      await stream.send([id, 'answer']);
      expect(await client.read(6)).toEqual(Buffer.from('answer'));
      client.end();
      expect(await stream.receive()).toEqual([id, Buffer.alloc(0)]);
      expect(await client.readToEnd()).toHaveLength(0);
    });

    it('gives every connection an id of its own', async () => {
      const stream = await bound();
      const [a, b] = [await joined(stream), await joined(stream)];
      expect(a.id).not.toEqual(b.id);
      await stream.send([b.id, 'for b']);
      await stream.send([a.id, 'for a']);
      expect([String(await a.client.read(5)), String(await b.client.read(5))]).toEqual(['for a', 'for b']);
      for (const { client } of [a, b]) client.destroy();
    });

    it('`notify: false` leaves the empty messages out', async () => {
      const stream = await bound({ notify: false });
      const first = await RawPeer.connect(stream.lastEndpoint!);
      first.write(Buffer.from('first'));
      const [id, body] = await stream.receive();
      expect(String(body)).toBe('first');
      first.end();
      await first.ended;
      const second = await RawPeer.connect(stream.lastEndpoint!);
      second.write(Buffer.from('second'));
      const next = await stream.receive();
      expect([String(next[1]), next[0].equals(id)]).toEqual(['second', false]);
      second.destroy();
    });

    it('closes a connection by an empty message, after all that was sent before it, and does not tell of it', async () => {
      const stream = await bound();
      const { client, id } = await joined(stream);
      const large = pattern(5_000_000);
      await stream.send([id, 'small']);
      await stream.send([id, large]);
      await stream.send([id, '']);
      expect(await rejection(stream.send([id, 'too late']))).toMatchObject({ code: 'EHOSTUNREACH' });
      const all = await client.readToEnd();
      expect(all.equals(Buffer.concat([Buffer.from('small'), large]))).toBe(true);
      // The next that is told is of the next connection.
      const other = await joined(stream);
      expect(other.id).not.toEqual(id);
      other.client.destroy();
    });

    it.each([
      [199, true],
      [200, false],
    ])(
      'with a `linger` of 200 ms a peer that reads after %i ms has all that was sent before its end: %s',
      async (pause, all) => {
        const clock = new ManualClock();
        const stream = await bound({ context: createContext({ clock }), linger: 200 });
        const { client, id } = await joined(stream);
        client.pause();
        // More than the kernel takes.
        const large = 64 * 1024 * 1024;
        await stream.send([id, Buffer.alloc(large)]);
        await stream.send([id, 'behind it']);
        await stream.send([id, '']);
        await nextTurn();
        clock.advance(pause);
        client.resume();
        expect((await client.readToEnd()).length === large + 9).toBe(all);
      },
    );

    it('an unknown id is an error at once, also with nobody there at all', async () => {
      const stream = await bound();
      expect(stream.writable).toBe(true);
      expect(await rejection(stream.send(['nobody', 'x']))).toMatchObject({ code: 'EHOSTUNREACH' });
      expect(() => stream.trySend(['nobody', 'x'])).toThrow(expect.objectContaining({ code: 'EHOSTUNREACH' }) as Error);
      expect(await rejection(stream.send(['id', 'a', 'b']))).toMatchObject({ code: 'EINVAL' });
    });

    it('a writer that outruns its peer waits, and goes on when the peer reads', async () => {
      const stream = await bound({ sendHighWaterMark: 10 });
      const { client, id } = await joined(stream);
      client.pause();
      const piece = pattern(1_000_000);
      const sent = await fillUp(stream, id, piece);
      expect(sent).toBeLessThan(100);
      const waiting = stream.send([id, 'the last']);
      client.resume();
      await waiting;
      const all = await client.read(sent * piece.length + 8);
      for (let i = 0; i < sent; i++) {
        expect(all.subarray(i * piece.length, (i + 1) * piece.length).equals(piece)).toBe(true);
      }
      expect(String(all.subarray(-8))).toBe('the last');
      client.destroy();
    });

    it('a writer that waits for a peer learns that it is gone', async () => {
      const stream = await bound({ sendHighWaterMark: 1 });
      const { client, id } = await joined(stream);
      client.pause();
      await fillUp(stream, id, pattern(1_000_000));
      const waiting = rejection(stream.send([id, 'x']));
      client.reset();
      expect(await waiting).toMatchObject({ code: 'EHOSTUNREACH' });
      expect(await stream.receive()).toEqual([id, Buffer.alloc(0)]);
    });

    it('a reader that is behind stops its peer, and loses neither a byte nor the end', async () => {
      const stream = await bound({ receiveHighWaterMark: 2 });
      const { client, id } = await joined(stream);
      const size = 20_000_000;
      const all = pattern(size);
      client.write(all);
      client.end();
      const received = await bytesOf(stream, id, size);
      expect(received.equals(all)).toBe(true);
      expect(await stream.receive()).toEqual([id, Buffer.alloc(0)]);
    });

    it('the end is told although there is no room for it', async () => {
      const stream = await bound({ receiveHighWaterMark: 1 });
      const events = new EventLog(stream);
      const client = await RawPeer.connect(stream.lastEndpoint!);
      await events.until('accept');
      client.end();
      await client.ended;
      const notices = [await stream.receive(), await stream.receive()];
      expect(notices.map(([, body]) => body.length)).toEqual([0, 0]);
      expect(notices[0]![0]).toEqual(notices[1]![0]);
    });

    it('one loud connection does not starve another', async () => {
      const stream = await bound();
      const [loud, quiet] = [await joined(stream), await joined(stream)];
      loud.client.write(pattern(10_000_000));
      quiet.client.write(Buffer.from('me too'));
      let heard = 0;
      for (;;) {
        const [from, body] = await stream.receive();
        if (from.equals(quiet.id)) {
          expect(String(body)).toBe('me too');
          break;
        }
        heard += body.length;
      }
      expect(heard).toBeLessThan(10_000_000);
      for (const { client } of [loud, quiet]) client.destroy();
    });
  });

  describe('connected', () => {
    it('sends by the name that `connect` gave, also before there is a connection', async () => {
      const listener = await listen();
      const stream = open(new Stream({ linger: 0 }));
      stream.connect(listener.endpoint, { routingId: 'server' });
      await stream.send(['server', 'early']);
      const server = await listener.accept();
      expect(String(await server.read(5))).toBe('early');
      expect(text(await stream.receive())).toEqual(['server', '']);
      server.write(Buffer.from('welcome'));
      expect(text(await stream.receive())).toEqual(['server', 'welcome']);
      server.destroy();
    });

    it('dials again when the peer has closed, and keeps the name; what was sent meanwhile goes to the next', async () => {
      const clock = new ManualClock();
      const listener = await listen();
      const stream = open(new Stream({ linger: 0, context: createContext({ clock }) }));
      const events = new EventLog(stream);
      stream.connect(listener.endpoint);
      const first = await listener.accept();
      const [id] = await stream.receive();
      first.end();
      expect(await stream.receive()).toEqual([id, Buffer.alloc(0)]);
      await events.until('connect:retry');
      await stream.send([id, 'for the next']);
      clock.advance(1_000);
      const second = await listener.accept();
      expect(String(await second.read(12))).toBe('for the next');
      expect(await stream.receive()).toEqual([id, Buffer.alloc(0)]);
      expect(events.types).toEqual([
        'connect:delay',
        'connect',
        'disconnect',
        'connect:retry',
        'connect:delay',
        'connect',
      ]);
      second.destroy();
    });

    it('does not dial again when we have ended the connection', async () => {
      const clock = new ManualClock();
      const listener = await listen();
      const stream = open(new Stream({ linger: 0, context: createContext({ clock }) }));
      const events = new EventLog(stream);
      stream.connect(listener.endpoint, { routingId: 'server' });
      const server = await listener.accept();
      await stream.receive();
      await stream.send(['server', 'bye']);
      await stream.send(['server', '']);
      expect(String(await server.readToEnd())).toBe('bye');
      clock.advance(3_600_000);
      const fence = await RawPeer.connect(listener.endpoint);
      expect(listener.waiting).toBeLessThanOrEqual(1);
      expect(events.types).toEqual(['connect:delay', 'connect']);
      expect(await rejection(stream.send(['server', 'x']))).toMatchObject({ code: 'EHOSTUNREACH' });
      fence.destroy();
    });

    it('takes a name once', async () => {
      const listener = await listen();
      const stream = open(new Stream({ linger: 0 }));
      stream.connect(listener.endpoint, { routingId: 'server' });
      const server = await listener.accept();
      expect(text(await stream.receive())).toEqual(['server', '']);
      stream.connect(listener.endpoint, { routingId: 'server' });
      await stream.send(['server', 'first']);
      expect(String(await server.read(5))).toBe('first');
      expect(() => stream.connect(listener.endpoint, { routingId: '' })).toThrow(
        expect.objectContaining({ code: 'EINVAL' }) as Error,
      );
      server.destroy();
    });

    it('with `immediate` each connection has an id of its own', async () => {
      const clock = new ManualClock();
      const listener = await listen();
      const stream = open(new Stream({ linger: 0, immediate: true, context: createContext({ clock }) }));
      const events = new EventLog(stream);
      stream.connect(listener.endpoint);
      (await listener.accept()).end();
      const [first] = await stream.receive();
      await stream.receive();
      await events.until('connect:retry');
      clock.advance(1_000);
      const server = await listener.accept();
      const [second] = await stream.receive();
      expect(second).not.toEqual(first);
      server.destroy();
    });
  });

  describe('what all sockets have', () => {
    it('peers are objects that can be addressed, and closed', async () => {
      const stream = await bound();
      const left: [Peer, string][] = [];
      stream.onPeer({ left: (peer, { code }) => left.push([peer, code]) });
      const { client, id } = await joined(stream);
      const { peer } = stream;
      expect(peer).toMatchObject({
        routingId: id,
        socketType: '',
        properties: { 'Peer-Address': '127.0.0.1' },
        writable: true,
      });
      expect(peer!.address).toMatch(/^127\.0\.0\.1:\d+$/);
      expect(stream.trySend('hi', { peer: peer! })).toBe(true);
      expect(String(await client.read(2))).toBe('hi');
      expect(() => stream.trySend([id, 'hi'], { peer: peer! })).toThrow(
        expect.objectContaining({ code: 'EINVAL' }) as Error,
      );
      stream.trySend('bye', { peer: peer! });
      stream.trySend('', { peer: peer! });
      expect(String(await client.readToEnd())).toBe('bye');
      expect([left, stream.peers]).toEqual([[[peer, 'closed']], []]);
    });

    it('a sink gets what comes, with its peer, in order: its beginning first, its end last', async () => {
      const stream = await bound();
      const log: string[] = [];
      let done = (): void => {};
      const over = new Promise<void>((resolve) => (done = resolve));
      stream.onPeer({ joined: () => log.push('joined'), left: () => (log.push('left'), done()) });
      stream.onMessage(([id, body], peer) => {
        expect(peer.routingId).toEqual(id);
        log.push(`"${String(body)}"`);
        if (body!.length > 0) stream.trySend([id!, 'pong']);
      });
      const client = await RawPeer.connect(stream.lastEndpoint!);
      client.write(Buffer.from('ping'));
      expect(String(await client.read(4))).toBe('pong');
      client.end();
      await over;
      expect(log).toEqual(['joined', '""', '"ping"', '""', 'left']);
    });

    it('a sink that closes the socket at the end of a connection does so in peace', async () => {
      const stream = await bound();
      let notices = 0;
      const closed = new Promise<void>((resolve) => {
        stream.onMessage(() => {
          if (++notices < 2) return;
          stream.close();
          resolve();
        });
      });
      const client = await RawPeer.connect(stream.lastEndpoint!);
      client.end();
      await closed;
      expect([stream.closed, stream.peers]).toEqual([true, []]);
    });

    it('linger delivers what was sent', async () => {
      const listener = await listen();
      const stream = new Stream();
      stream.connect(listener.endpoint, { routingId: 'server' });
      await stream.send(['server', 'still delivered']);
      stream.close();
      expect(String(await (await listener.accept()).readToEnd())).toBe('still delivered');
    });

    it('ipc is a stream of bytes too', async () => {
      const stream = open(new Stream({ linger: 0 }));
      await stream.bind('ipc://*');
      const client = dial(stream.lastEndpoint!.slice('ipc://'.length));
      const [id] = await stream.receive();
      client.write('over a file');
      expect(text(await stream.receive())![1]).toBe('over a file');
      await stream.send([id, 'back']);
      await stream.send([id, '']);
      expect(String(Buffer.concat(await client.toArray()))).toBe('back');
    });

    it('inproc has no connections to tell of, but ids and ends', async () => {
      const [a, b] = [open(new Stream({ linger: 0 })), open(new Stream({ linger: 0 }))];
      await a.bind('inproc://streams');
      b.connect('inproc://streams', { routingId: 'A' });
      await b.send(['A', 'hello']);
      const [id, body] = await a.receive();
      expect([id.length, String(body)]).toEqual([5, 'hello']);
      await a.send([id, 'back']);
      expect(text(await b.receive())).toEqual(['A', 'back']);
      await a.send([id, '']);
      expect(await rejection(b.send(['A', 'x']))).toMatchObject({ code: 'EHOSTUNREACH' });
    });
  });

  describe('HTTP by hand', () => {
    it('a client: its request is answered by a real server', async () => {
      const server = createServer((request, response) => {
        response.end(`you asked for ${request.url}, ${String(request.headers['x-by'])}`);
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const stream = open(new Stream({ linger: 0 }));
      stream.connect(`tcp://127.0.0.1:${(server.address() as AddressInfo).port}`, { routingId: 'web' });
      await stream.send(['web', 'GET /tea HTTP/1.1\r\nHost: x\r\nX-By: hand\r\nConnection: close\r\n\r\n']);
      await stream.receive();
      let response = '';
      for await (const [, body] of stream) {
        if (body.length === 0) break;
        response += String(body);
      }
      expect(response).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*you asked for \/tea, hand/);
      await stream.send(['web', '']);
      server.close();
    });

    it('a server: real clients are answered, many at a time', async () => {
      const stream = await bound();
      stream.onMessage(([id, body]) => {
        const path = /^GET (\S+) /.exec(String(body))?.[1];
        if (path === undefined) return;
        stream.trySend([id!, `HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhere is ${path}`]);
        stream.trySend([id!, '']);
      });
      const port = stream.lastEndpoint!.split(':')[2];
      const ask = async (path: string): Promise<string> => {
        const request = httpRequest(`http://127.0.0.1:${port}${path}`).end();
        const [response] = (await once(request, 'response')) as [AsyncIterable<Buffer>];
        let all = '';
        for await (const chunk of response) all += String(chunk);
        return all;
      };
      const paths = Array.from({ length: 20 }, (_, i) => `/${i}`);
      expect(await Promise.all(paths.map(ask))).toEqual(paths.map((path) => `here is ${path}`));
    });
  });
});
