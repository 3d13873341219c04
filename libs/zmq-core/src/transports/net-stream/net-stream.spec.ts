import { connect, createServer, type Server, type Socket } from 'node:net';
import { StreamProbe } from '../../testing/stream-probe.js';
import { Watch } from '../../testing/watch.js';
import { NetStream } from './net-stream.js';

const ends = { local: 'tcp://here', remote: 'tcp://there' };

/** Races of one stream with a peer that does what a ByteStream never would. The rest is in the transports' common suite. */
describe('NetStream', () => {
  let server: Server;
  const watch = new Watch();
  const accepted: Socket[] = [];
  const opened: Socket[] = [];

  beforeAll(async () => {
    server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => {});
      accepted.push(socket);
      watch.changed();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });

  afterAll(() => new Promise((resolve) => server.close(resolve)));

  afterEach(() => {
    for (const socket of [...opened.splice(0), ...accepted.splice(0)]) socket.destroy();
  });

  async function pair(graceMs?: number): Promise<{ near: StreamProbe; socket: Socket; peer: Socket }> {
    const socket = connect((server.address() as { port: number }).port, '127.0.0.1');
    opened.push(socket);
    await new Promise((resolve) => socket.once('connect', resolve));
    await watch.until(() => accepted.length > 0);
    return {
      near: new StreamProbe(new NetStream(socket, 'peer', ends, graceMs)),
      socket,
      peer: accepted[accepted.length - 1]!,
    };
  }

  function written(socket: Socket, data: Buffer): Promise<void> {
    return new Promise((resolve) => socket.write(data, () => resolve()));
  }

  it('is closed by the FIN of a peer that does not read, although bytes are pending', async () => {
    const { near, peer } = await pair();
    near.stream.write([Buffer.alloc(32 * 1024 * 1024)]);
    expect(near.stream.pendingBytes).toBeGreaterThan(0);
    peer.end('bye');
    await near.untilClosed();
    expect([near.bytes.toString(), near.closings]).toEqual(['bye', [undefined]]);
  });

  it('tells a reset as the error it is', async () => {
    const { near, peer } = await pair();
    peer.resetAndDestroy();
    await near.untilClosed();
    expect(near.closings).toEqual([expect.objectContaining({ code: 'ECONNRESET' })]);
  });

  it('tells no error of what happens after destroy()', async () => {
    const { near, peer, socket } = await pair();
    peer.resetAndDestroy();
    near.stream.destroy();
    socket.emit('error', new Error('late'));
    await near.untilClosed();
    expect(near.closings).toEqual([undefined]);
  });

  it('reads on to the end when a write fails', async () => {
    const { near, peer } = await pair();
    near.stream.pause();
    // Small enough for the first window; at most the first of them is read ahead.
    await written(peer, Buffer.alloc(30_000, 1));
    await written(peer, Buffer.alloc(30_000, 2));
    peer.resetAndDestroy();
    await new Promise((resolve) => peer.once('close', resolve));
    near.stream.write([Buffer.from('nobody')]);
    near.stream.write([Buffer.from('reads'), Buffer.from('this')]);
    expect([near.stream.pendingBytes, near.closings.length]).toEqual([0, 0]);
    near.stream.resume();
    await near.untilClosed();
    expect(near.received).toBe(60_000);
    expect(near.closings).toEqual([
      expect.objectContaining({ code: expect.stringMatching(/EPIPE|ECONNRESET/) as string }),
    ]);
  });

  it('waits after end() for a peer that still sends, but not for ever', async () => {
    const { near, peer } = await pair(1);
    const ended = new Promise((resolve) => peer.once('end', resolve));
    peer.resume();
    near.stream.end();
    await ended;
    peer.write('I stay');
    await near.untilClosed();
    expect([near.received, near.closings]).toEqual([0, [undefined]]);
  });

  it('closes at once after end() when the peer had closed before', async () => {
    const { near, peer } = await pair(2 ** 30);
    near.stream.write([Buffer.from('x')]);
    near.stream.end();
    peer.resume();
    peer.end();
    await near.untilClosed();
    expect(near.closings).toEqual([undefined]);
  });

  it('tells drained() after end(), for the memory of the last write', async () => {
    const { near, peer } = await pair();
    near.stream.write([Buffer.alloc(32 * 1024 * 1024)]);
    near.stream.end();
    peer.resume();
    await near.untilDrained();
    expect([near.stream.pendingBytes, near.closings.length]).toEqual([0, 0]);
    peer.end();
    await near.untilClosed();
  });

  it('is no trouble when nobody opened it', async () => {
    const { socket, peer } = await pair();
    const unopened = new NetStream(socket, 'peer', ends);
    unopened.destroy();
    await new Promise((resolve) => peer.resume().once('end', resolve));
    expect(unopened.pendingBytes).toBe(0);
  });
});
