import { ZmqError } from '../foundation/errors.js';
import type { ByteTransport } from '../transport/transport.js';
import { defaultTransportOptions, ProbeDial, ProbeListener } from './byte-transport-harness.js';
import { itWhen } from './it-when.js';
import type { StreamProbe } from './stream-probe.js';

/** Sockets and listeners for which the event loop would go on. */
function handles(): string[] {
  return process.getActiveResourcesInfo().filter((kind) => /TCP|Pipe/.test(kind));
}

/** More than the kernel's buffers of a local connection hold. */
const LARGE = 32 * 1024 * 1024;

/**
 * What every byte transport has to do, whatever it runs on.
 * @param wildcard an address at which each listener gets an endpoint of its own
 * @param fixed an address that can be bound again and again; by default one that the wildcard had given
 */
export function describeByteTransport(
  name: string,
  make: () => ByteTransport,
  wildcard: string,
  fixed?: () => string,
): void {
  describe(`${name} as a byte transport`, () => {
    const transport = make();
    const listeners: ProbeListener[] = [];
    const dialled: ProbeDial[] = [];

    async function listen(address = wildcard): Promise<ProbeListener> {
      const listener = await ProbeListener.start(transport, address);
      listeners.push(listener);
      return listener;
    }

    function dial(address: string): ProbeDial {
      const probe = new ProbeDial(transport, address);
      dialled.push(probe);
      return probe;
    }

    /** A listener's and a dialler's end of one connection. */
    async function connect(listener?: ProbeListener): Promise<[StreamProbe, StreamProbe]> {
      const at = listener ?? (await listen());
      const index = at.accepted.length;
      const dialler = await dial(at.address).stream();
      return [await at.nth(index), dialler];
    }

    afterEach(() => {
      for (const probe of dialled.splice(0)) {
        probe.dial.cancel();
        for (const { stream } of probe.connected) stream.destroy();
      }
      for (const listener of listeners.splice(0)) listener.close();
    });

    describe('connecting', () => {
      it('resolves the wildcard to an endpoint that can be dialled', async () => {
        const listener = await listen();
        expect(listener.endpoint.startsWith(`${transport.scheme}://`)).toBe(true);
        expect(listener.endpoint).not.toContain('*');
        transport.checkDial(listener.address, defaultTransportOptions);
        transport.checkListen(listener.address, defaultTransportOptions);
        const [accepted, dialler] = await connect(listener);
        expect(accepted.stream.remoteAddress).not.toBe('');
        expect(dialler.stream.remoteAddress).not.toBe('');
      });

      it('gives each listener at a wildcard an endpoint of its own', async () => {
        expect((await listen()).endpoint).not.toBe((await listen()).endpoint);
      });

      it('refuses an address that is in use, and leaves its owner alone', async () => {
        const first = await listen();
        const second = listen(first.address);
        await expect(second).rejects.toBeInstanceOf(ZmqError);
        await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE', address: first.endpoint });
        await connect(first);
      });

      it('fails a dial to an address where nobody listens, once and later', async () => {
        const listener = await listen();
        listener.close();
        const probe = dial(listener.address);
        expect(probe.calledAtOnce).toBe(false);
        expect((await probe.failure()).code).toMatch(/ECONNREFUSED|ENOENT/);
        probe.dial.cancel();
        expect([probe.connected.length, probe.failures.length]).toEqual([0, 1]);
      });

      it('says nothing of a dial that was cancelled', async () => {
        const listener = await listen();
        const cancelled = dial(listener.address);
        cancelled.dial.cancel();
        cancelled.dial.cancel();
        await connect(listener);
        // The second dial began after the first was given up, and is through.
        expect([cancelled.connected.length, cancelled.failures.length]).toEqual([0, 0]);
      });

      it('does nothing when a dial that is through is cancelled', async () => {
        const listener = await listen();
        const probe = dial(listener.address);
        const dialler = await probe.stream();
        probe.dial.cancel();
        dialler.stream.write([Buffer.from('x')]);
        await (await listener.nth(0)).untilReceived(1);
      });

      it('does not keep the process alive', async () => {
        const before = handles();
        const listener = await listen();
        await connect(listener);
        dial(listener.address);
        expect(handles()).toEqual(before);
      });

      it('accepts a hundred dials', async () => {
        const listener = await listen();
        const streams = await Promise.all(Array.from({ length: 100 }, () => dial(listener.address).stream()));
        for (const [i, { stream }] of streams.entries()) stream.write([Buffer.from([i])]);
        const accepted = await Promise.all(streams.map((_, i) => listener.nth(i)));
        await Promise.all(accepted.map((probe) => probe.untilReceived(1)));
        expect(accepted.map(({ bytes }) => bytes[0]!).sort((a, b) => a - b)).toEqual(streams.map((_, i) => i));
      });

      it('frees the address when the listener closes, while accepted streams live on', async () => {
        const first = await listen(fixed?.());
        const [accepted, dialler] = await connect(first);
        expect([first.listener.close(), first.listener.close()]).toEqual([undefined, undefined]);
        const second = await listen(first.address);
        expect(second.endpoint).toBe(first.endpoint);
        await connect(second);
        accepted.stream.write([Buffer.from('still here')]);
        await dialler.untilReceived(10);
        expect(first.accepted).toHaveLength(1);
      });
    });

    describe('listening at once', () => {
      it('is done when the call returns', async () => {
        const listener = ProbeListener.startSync(transport, wildcard);
        listeners.push(listener);
        expect(listener.endpoint.startsWith(`${transport.scheme}://`)).toBe(true);
        const [accepted, dialler] = await connect(listener);
        dialler.stream.write([Buffer.from('x')]);
        await accepted.untilReceived(1);
      });

      it('refuses an address that is in use, with the same error', async () => {
        const first = await listen();
        const later: unknown = await listen(first.address).catch((error: unknown) => error);
        let atOnce: unknown;
        try {
          ProbeListener.startSync(transport, first.address);
        } catch (error) {
          atOnce = error;
        }
        expect(atOnce).toBeInstanceOf(ZmqError);
        expect({ ...(atOnce as object), text: String(atOnce) }).toEqual({
          ...(later as object),
          text: String(later),
        });
        await connect(first);
      });

      it('does not keep the process alive, and frees the address when it closes', async () => {
        const before = handles();
        const first = ProbeListener.startSync(transport, fixed?.() ?? wildcard);
        listeners.push(first);
        expect(handles()).toEqual(before);
        first.listener.close();
        const second = ProbeListener.startSync(transport, first.address);
        listeners.push(second);
        expect(second.endpoint).toBe(first.endpoint);
        await connect(second);
      });
    });

    itWhen(process.platform !== 'win32', 'Windows shows no descriptors')('descriptors are told', async () => {
      const listener = await listen();
      const [accepted, dialler] = await connect(listener);
      const descriptors = [listener.listener, accepted.stream, dialler.stream].map(({ fd }) => fd);
      expect(descriptors.every((fd) => fd > 2)).toBe(true);
      expect(new Set(descriptors).size).toBe(3);
      accepted.stream.destroy();
      await accepted.untilClosed();
      listener.close();
      // They name what was closed.
      expect([listener.listener, accepted.stream, dialler.stream].map(({ fd }) => fd)).toEqual(descriptors);
    });

    describe('bytes', () => {
      it('go both ways', async () => {
        const [accepted, dialler] = await connect();
        accepted.onData = (chunk) => accepted.stream.write([chunk]);
        dialler.stream.write([Buffer.from('echo')]);
        await dialler.untilReceived(4);
        expect(dialler.bytes.toString()).toBe('echo');
      });

      it('keep the order of their segments, small and large', async () => {
        const [accepted, dialler] = await connect();
        const segments = [10, 70_000, 1, 300_000].map((size, i) => Buffer.alloc(size, i + 1));
        dialler.stream.write(segments);
        dialler.stream.write([]);
        const all = Buffer.concat(segments);
        await accepted.untilReceived(all.length);
        expect(accepted.bytes.equals(all)).toBe(true);
      });

      it('may be overwritten by the writer as soon as none is pending', async () => {
        const [accepted, dialler] = await connect();
        const reused = [Buffer.alloc(100), Buffer.alloc(50)];
        for (let i = 1; i <= 50; i++) {
          for (const segment of reused) segment.fill(i);
          dialler.stream.write(i % 2 === 0 ? reused : [reused[0]!]);
          expect(dialler.stream.pendingBytes).toBe(0);
        }
        await accepted.untilReceived(25 * 250);
        const expected = Array.from({ length: 50 }, (_, i) => Buffer.alloc((i + 1) % 2 === 0 ? 150 : 100, i + 1));
        expect(accepted.bytes.equals(Buffer.concat(expected))).toBe(true);
        // None of these writes had to wait.
        expect(dialler.drains).toBe(0);
      });

      it('wait at the writer while the reader pauses', async () => {
        const [accepted, dialler] = await connect();
        accepted.stream.pause();
        accepted.stream.pause();
        dialler.stream.write([Buffer.alloc(LARGE / 2, 1), Buffer.alloc(LARGE / 2, 2)]);
        expect(dialler.stream.pendingBytes).toBeGreaterThan(0);
        // A round trip on another connection: time enough for a writer that does not wait.
        const [other, opposite] = await connect();
        other.stream.write([Buffer.from('x')]);
        await opposite.untilReceived(1);
        expect(dialler.stream.pendingBytes).toBeGreaterThan(0);
        expect([dialler.drains, accepted.received < LARGE]).toEqual([0, true]);

        accepted.stream.resume();
        await Promise.all([dialler.untilDrained(), accepted.untilReceived(LARGE)]);
        expect([dialler.drains, dialler.stream.pendingBytes, accepted.received]).toEqual([1, 0, LARGE]);
        expect(accepted.bytes.equals(Buffer.concat([Buffer.alloc(LARGE / 2, 1), Buffer.alloc(LARGE / 2, 2)]))).toBe(
          true,
        );
      });
    });

    // Either side of a connection must behave the same.
    describe.each([
      ['the accepting side', 0, 1],
      ['the dialling side', 1, 0],
    ] as const)('closing by %s', (_who, ours, theirs) => {
      async function pair(): Promise<{ near: StreamProbe; far: StreamProbe }> {
        const both = await connect();
        return { near: both[ours], far: both[theirs] };
      }

      it('end() delivers what was written, then closes both without an error', async () => {
        const { near, far } = await pair();
        near.stream.write([Buffer.from('last words')]);
        near.stream.end();
        near.stream.end();
        expect(near.closings).toEqual([]);
        await Promise.all([near.untilClosed(), far.untilClosed()]);
        expect(far.bytes.toString()).toBe('last words');
        expect([near.closings, far.closings]).toEqual([[undefined], [undefined]]);
      });

      it('end() sends what is still pending', async () => {
        const { near, far } = await pair();
        far.stream.pause();
        near.stream.write([Buffer.alloc(LARGE)]);
        expect(near.stream.pendingBytes).toBeGreaterThan(0);
        near.stream.end();
        far.stream.resume();
        await Promise.all([near.untilClosed(), far.untilClosed()]);
        expect(far.received).toBe(LARGE);
        expect([near.closings, far.closings]).toEqual([[undefined], [undefined]]);
      });

      it('end() loses nothing although the peer goes on sending', async () => {
        const { near, far } = await pair();
        far.stream.pause();
        near.stream.write([Buffer.alloc(LARGE)]);
        far.stream.write([Buffer.alloc(LARGE)]);
        near.stream.pause();
        near.stream.end();
        far.stream.resume();
        await Promise.all([near.untilClosed(), far.untilClosed()]);
        expect(far.received).toBe(LARGE);
      });

      it('nothing is read after end() or destroy()', async () => {
        for (const close of ['end', 'destroy'] as const) {
          const { near, far } = await pair();
          near.onData = () => near.stream[close]();
          far.stream.write([Buffer.alloc(1_000_000)]);
          await near.untilClosed();
          expect(near.chunks).toHaveLength(1);
        }
      });

      it('destroy() closes at once, although bytes are pending, and is no error here', async () => {
        const { near, far } = await pair();
        far.stream.pause();
        near.stream.write([Buffer.alloc(LARGE)]);
        near.stream.destroy();
        near.stream.destroy();
        expect(near.closings).toEqual([]);
        await near.untilClosed();
        far.stream.resume();
        await far.untilClosed();
        expect([near.closings, far.closings.length, far.received < LARGE]).toEqual([[undefined], 1, true]);
      });

      it('destroy() after end() gives up what was still pending', async () => {
        const { near, far } = await pair();
        far.stream.pause();
        near.stream.write([Buffer.alloc(LARGE)]);
        near.stream.end();
        near.stream.destroy();
        await near.untilClosed();
        expect(near.closings).toEqual([undefined]);
      });

      it('everything is legal and without effect afterwards', async () => {
        const { near, far } = await pair();
        near.stream.destroy();
        near.stream.write([Buffer.from('a')]);
        near.stream.write([Buffer.from('a'), Buffer.from('b')]);
        await Promise.all([near.untilClosed(), far.untilClosed()]);
        for (const { stream } of [near, far]) {
          stream.write([Buffer.from('c')]);
          stream.pause();
          stream.resume();
          stream.end();
          stream.destroy();
          expect(stream.pendingBytes).toBe(0);
        }
        // A round trip: time enough for a late event.
        const [other, opposite] = await connect();
        other.stream.write([Buffer.from('x')]);
        await opposite.untilReceived(1);
        expect([near.closings.length, far.closings.length, far.received]).toEqual([1, 1, 0]);
      });
    });
  });
}
