import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { ZmqError } from '../../foundation/errors.js';
import { defaultTransportOptions, ProbeDial, ProbeListener } from '../../testing/byte-transport-harness.js';
import { connectAndReset } from '../../testing/connect-and-reset.js';
import { describeByteTransport } from '../../testing/describe-byte-transport.js';
import { itWhen } from '../../testing/it-when.js';
import { itWithKernel, kernelSockets } from '../../testing/kernel-sockets.js';
import { parseIpRange } from '../../foundation/ip-range.js';
import type { TransportOptions } from '../../transport/transport.js';
import { TcpTransport } from './tcp-transport.js';

const interfaces = Object.entries(networkInterfaces());
const loopback = interfaces.find(([, addresses]) => addresses?.some(({ address }) => address === '127.0.0.1'))?.[0];
const hasIpv6 = interfaces.some(([, addresses]) => addresses?.some(({ address }) => address === '::1'));
const linkLocal = interfaces
  .flatMap(([name, addresses]) => (addresses ?? []).map((address) => [name, address] as const))
  .flatMap(([name, address]) =>
    address.family === 'IPv6' && address.scopeid > 0 ? [[name, address] as const] : [],
  )[0];
/** Others do not show a connection that was reset in the queue. */
const itOnLinux = itWhen(process.platform === 'linux', 'only Linux accepts a connection that was reset before');
const itWithIpv6 = itWhen(hasIpv6, 'this machine has no ::1');

describeByteTransport('tcp', () => new TcpTransport(), '127.0.0.1:*');

describe('TcpTransport', () => {
  const transport = new TcpTransport();
  const listening: ProbeListener[] = [];
  const dialled: ProbeDial[] = [];

  async function listen(address: string, options: Partial<TransportOptions> = {}): Promise<ProbeListener> {
    const listener = await ProbeListener.start(transport, address, options);
    listening.push(listener);
    return listener;
  }

  function listenSync(address: string, options: Partial<TransportOptions> = {}): ProbeListener {
    const listener = ProbeListener.startSync(transport, address, options);
    listening.push(listener);
    return listener;
  }

  function dial(address: string, options: Partial<TransportOptions> = {}): ProbeDial {
    const probe = new ProbeDial(transport, address, options);
    dialled.push(probe);
    return probe;
  }

  function portOf(listener: ProbeListener): string {
    return listener.endpoint.slice(listener.endpoint.lastIndexOf(':') + 1);
  }

  afterEach(() => {
    for (const { connected } of dialled.splice(0)) for (const { stream } of connected) stream.destroy();
    for (const listener of listening.splice(0)) listener.close();
  });

  describe('accept filters', () => {
    it('let in who is in one of them', async () => {
      const tcpAcceptFilters = [parseIpRange('10.0.0.0/8')!, parseIpRange('127.0.0.0/8')!];
      const listener = await listen('127.0.0.1:*', { tcpAcceptFilters });
      await dial(`127.0.0.1:${portOf(listener)}`).stream();
      await listener.watch.until(() => listener.accepted.length === 1);
      expect(listener.errors).toEqual([]);
    });

    it('close who is in none, and say so', async () => {
      const listener = await listen('127.0.0.1:*', { tcpAcceptFilters: [parseIpRange('10.0.0.0/8')!] });
      const stream = await dial(`127.0.0.1:${portOf(listener)}`).stream();
      await stream.untilClosed();
      expect(listener.accepted).toEqual([]);
      expect(listener.errors).toEqual([
        expect.objectContaining({
          code: 'EACCES',
          message: expect.stringMatching(/127\.0\.0\.1:\d+ is in no/) as string,
        }),
      ]);
    });
  });

  describe('a peer that is reset before it is accepted', () => {
    for (const network of ['', '0.0.0.0/0']) {
      itOnLinux(`is not let in, for it has no address any more; with the accept filter "${network}"`, async () => {
        const tcpAcceptFilters = network === '' ? [] : [parseIpRange(network)!];
        const listener = await listen('127.0.0.1:*', { tcpAcceptFilters });
        connectAndReset(portOf(listener), Buffer.from('what it said'));
        await listener.watch.until(() => listener.accepted.length + listener.errors.length > 0);
        expect(listener.accepted).toEqual([]);
        expect(listener.errors).toEqual([expect.objectContaining({ code: 'ECONNRESET' })]);
        // The next one is.
        await dial(`127.0.0.1:${portOf(listener)}`).stream();
        await listener.nth(0);
      });
    }
  });

  describe('binding', () => {
    it('takes all of IPv4 for *, and names it as libzmq does', async () => {
      const listener = await listen('*:*');
      expect(listener.endpoint).toMatch(/^tcp:\/\/0\.0\.0\.0:\d+$/);
      await dial(`127.0.0.1:${portOf(listener)}`).stream();
    });

    it('takes an interface by its name', async () => {
      const listener = await listen(`${loopback}:0`);
      expect(listener.endpoint).toMatch(/^tcp:\/\/127\.0\.0\.1:\d+$/);
    });

    it('takes the name of a host', async () => {
      expect((await listen('localhost:*')).endpoint).toMatch(/^tcp:\/\/127\.0\.0\.1:\d+$/);
    });

    itWithIpv6('takes IPv6 addresses with the option', async () => {
      const listener = await listen('[::1]:*', { ipv6: true });
      expect(listener.endpoint).toMatch(/^tcp:\/\/\[::1\]:\d+$/);
      const dialler = await dial(listener.address, { ipv6: true }).stream();
      expect(dialler.stream.remoteAddress).toBe(listener.address);
      expect((await listener.nth(0)).stream.remoteAddress).toMatch(/^\[::1\]:\d+$/);
    });

    itWithIpv6('takes both families for * with the option, and shows IPv4 peers as such', async () => {
      const listener = await listen('*:*', { ipv6: true });
      expect(listener.endpoint).toMatch(/^tcp:\/\/\[::\]:\d+$/);
      await dial(`[::1]:${portOf(listener)}`, { ipv6: true }).stream();
      await dial(`127.0.0.1:${portOf(listener)}`).stream();
      expect((await listener.nth(1)).stream.remoteAddress).toMatch(/^127\.0\.0\.1:\d+$/);
    });

    it.each([
      ['no.such.host.invalid:1', 'ENODEV', /no interface of this machine, and no host/],
      ['[::1]:*', 'ENODEV', /set the option ipv6/],
      ['192.0.2.77:*', 'EADDRNOTAVAIL', /no interface of this machine has that address/],
      ['127.0.0.1:70000', 'EINVAL', /is no port/],
      ['127.0.0.1', 'EINVAL', /has no port/],
    ])('refuses %s with %s', async (address, code, message) => {
      const refused = listen(address);
      await expect(refused).rejects.toBeInstanceOf(ZmqError);
      await expect(refused).rejects.toMatchObject({
        code,
        address: `tcp://${address}`,
        message: expect.stringMatching(message) as string,
      });
    });

    it.each([
      ['localhost', '127.0.0.1'],
      ['127.1', '127.0.0.1'],
      ['[127.0.0.1]', '127.0.0.1'],
    ])('remembers that it was asked for %s', async (host, address) => {
      const alias = `tcp://${host.replace(/[[\]]/g, '')}`;
      for (const { listener } of [await listen(`${host}:*`), listenSync(`${host}:*`)]) {
        const port = listener.endpoint.slice(`tcp://${address}:`.length);
        expect(listener.endpoint).toBe(`tcp://${address}:${port}`);
        expect(listener.alias).toBe(host.startsWith('[') ? undefined : `${alias}:${port}`);
      }
    });

    it('has no other name for a wildcard, an interface, or an address as it is written', async () => {
      for (const address of ['*:*', `${loopback}:*`, '127.0.0.1:*'])
        expect((await listen(address)).listener.alias).toBeUndefined();
    });

    itWithIpv6('writes an IPv6 address in its short form, without a zone that means nothing', async () => {
      const { listener } = await listen(`[0:0:0:0:0:0:0:1%${loopback}]:*`, { ipv6: true });
      expect(listener.endpoint).toMatch(/^tcp:\/\/\[::1\]:\d+$/);
      expect(listener.alias).toBe(listener.endpoint.replace('::1', `0:0:0:0:0:0:0:1%${loopback}`));
    });

    itWithIpv6('takes IPv4 addresses in IPv6 form, and meets peers of IPv4 there', async () => {
      const listener = await listen('[::ffff:127.0.0.1]:*', { ipv6: true });
      expect(listener.endpoint).toMatch(/^tcp:\/\/\[::ffff:127\.0\.0\.1\]:\d+$/);
      await dial(`127.0.0.1:${portOf(listener)}`).stream();
      const mapped = await dial(listener.address, { ipv6: true }).stream();
      expect((await listener.nth(0)).stream.remoteAddress).toMatch(/^127\.0\.0\.1:\d+$/);
      expect(mapped.stream.remoteAddress).toBe(`127.0.0.1:${portOf(listener)}`);
    });

    itWhen(linkLocal !== undefined, 'no interface here has a link-local address')(
      'takes link-local addresses with the name or the number of their interface',
      async () => {
        const [name, { address, scopeid }] = linkLocal!;
        for (const zone of [name, scopeid]) {
          const listener = await listen(`[${address}%${zone}]:*`, { ipv6: true });
          expect(listener.endpoint).toBe(`tcp://[${address}%${name}]:${portOf(listener)}`);
          await dial(`[${address}%${zone}]:${portOf(listener)}`, { ipv6: true }).stream();
        }
      },
    );

    it.each([
      ['no.such.host.invalid:1', 'ENODEV', /no interface of this machine, and no host/],
      ['192.0.2.77:*', 'EADDRNOTAVAIL', /no interface of this machine has that address/],
      ['127.0.0.1', 'EINVAL', /has no port/],
    ])('refuses %s with %s at once too', (address, code, message) => {
      expect(() => listenSync(address)).toThrow(
        expect.objectContaining({
          name: 'ZmqError',
          code,
          address: `tcp://${address}`,
          message: expect.stringMatching(message) as string,
        }) as Error,
      );
    });

    itWithKernel.each([
      [100, 100],
      [7, 7],
      // To the kernel a queue of none has one place too.
      [0, 1],
    ])('lets %i connections wait to be accepted', async (backlog, queue) => {
      for (const listener of [await listen('127.0.0.1:*', { backlog }), listenSync('127.0.0.1:*', { backlog })]) {
        const [line] = kernelSockets(portOf(listener), '-l');
        expect(line!.split(/\s+/)[2]).toBe(String(queue));
      }
    });

    itWithKernel.each([
      [-1, -1, undefined],
      [0, 30, undefined],
      [1, 30, /timer:\(keepalive,(30|29)/],
      [1, -1, /timer:\(keepalive,(119|120)min/],
    ])('with tcpKeepalive %i and tcpKeepaliveIdle %i watches both ends of a connection', async (on, idle, timer) => {
      const options = { tcpKeepalive: on, tcpKeepaliveIdle: idle };
      const listener = await listen('127.0.0.1:*', options);
      const local = await listen('127.0.0.1:*');
      const source = portOf(local);
      local.listener.close();
      await dial(`127.0.0.1:${source};${listener.address}`, options).stream();
      await listener.nth(0);
      for (const port of [portOf(listener), source]) {
        const [line] = kernelSockets(port, '-o');
        if (timer === undefined) expect(line).not.toContain('keepalive');
        else expect(line).toMatch(timer);
      }
    });

    it.each([
      ['127.0.0.1', 'EINVAL'],
      ['127.0.0.1:70000', 'EINVAL'],
      ['127.0.0.1:1;127.0.0.1:2', 'EINVAL'],
      [':1', 'ENODEV'],
      ['[::1]:*', 'ENODEV'],
    ])('refuses %s before it is tried, as when it is', async (address, code) => {
      const refusal = expect.objectContaining({ code, address: `tcp://${address}` }) as Error;
      expect(() => transport.checkListen(address, defaultTransportOptions)).toThrow(refusal);
      await expect(listen(address)).rejects.toEqual(refusal);
    });

    it('does not refuse what may be there later, or is with the option ipv6', () => {
      transport.checkListen('nonexistent0:*', defaultTransportOptions);
      transport.checkListen('*:*', defaultTransportOptions);
      transport.checkListen('[::1]:*', { ...defaultTransportOptions, ipv6: true });
    });

    it("refuses a port that another program has, and keeps the system's error as the cause", async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as { port: number };
      await expect(listen(`127.0.0.1:${port}`)).rejects.toMatchObject({
        code: 'EADDRINUSE',
        address: `tcp://127.0.0.1:${port}`,
        cause: { code: 'EADDRINUSE' },
      });
      await new Promise((resolve) => server.close(resolve));
    });
  });

  describe('dialling', () => {
    it.each(['127.0.0.1', '*:1', '127.0.0.1:*', '127.0.0.1:70000'])('refuses %s before it is tried', (address) => {
      expect(() => transport.checkDial(address, defaultTransportOptions)).toThrow(
        expect.objectContaining({ code: 'EINVAL', address: `tcp://${address}` }) as Error,
      );
    });

    it.each(['[::1]:1', '[::1]:0;127.0.0.1:1'])('refuses %s without the option ipv6', (address) => {
      expect(() => transport.checkDial(address, defaultTransportOptions)).toThrow(
        expect.objectContaining({ code: 'ENODEV', address: `tcp://${address}` }) as Error,
      );
      transport.checkDial(address, { ...defaultTransportOptions, ipv6: true });
    });

    it('accepts what may work one day, and fails each try', async () => {
      transport.checkDial('127.0.0.1:0', defaultTransportOptions);
      transport.checkDial('no.such.host.invalid:1', defaultTransportOptions);
      expect((await dial('127.0.0.1:0').failure()).code).toMatch(/^E/);
      expect((await dial('no.such.host.invalid:1').failure()).code).toMatch(/^E/);
    });

    it('resolves names', async () => {
      const listener = await listen('127.0.0.1:*');
      for (const ipv6 of [false, true]) {
        const dialler = await dial(`localhost:${portOf(listener)}`, { ipv6 }).stream();
        expect(dialler.stream.remoteAddress).toBe(listener.address);
      }
    });

    it('dials from the source it was told', async () => {
      const listener = await listen('127.0.0.1:*');
      const free = await listen('127.0.0.2:*');
      const port = portOf(free);
      free.listener.close();
      await dial(`127.0.0.2:${port};${listener.address}`).stream();
      expect((await listener.nth(0)).stream.remoteAddress).toBe(`127.0.0.2:${port}`);
      for (const [i, from] of [`${loopback}:*`, `${loopback}:0`, `${loopback}`, '127.0.0.1', '[127.0.0.1]'].entries()) {
        await dial(`${from};${listener.address}`).stream();
        expect((await listener.nth(i + 1)).stream.remoteAddress).toMatch(/^127\.0\.0\.1:/);
      }
      // An interface has one address for each family.
      await dial(`${loopback}:*;${listener.address}`, { ipv6: true }).stream();
    });

    it('fails each try from an address or to a zone that is not of this machine', async () => {
      expect(await dial('192.0.2.77:*;127.0.0.1:1').failure()).toMatchObject({ code: 'EADDRNOTAVAIL' });
      const probe = dial('[fe80::1%nope]:1', { ipv6: true });
      expect(probe.calledAtOnce).toBe(false);
      expect(await probe.failure()).toMatchObject({ code: 'EINVAL', address: 'tcp://[fe80::1%nope]:1' });
    });

    it('fails a try from an interface that is not there, unless it was cancelled', async () => {
      const address = 'nonexistent0:*;127.0.0.1:1';
      transport.checkDial(address, defaultTransportOptions);
      const cancelled = dial(address);
      cancelled.dial.cancel();
      const probe = dial(address);
      expect(probe.calledAtOnce).toBe(false);
      expect(await probe.failure()).toMatchObject({ code: 'ENODEV', address: `tcp://${address}` });
      expect(cancelled.failures).toEqual([]);
    });

    it('does not take itself for a listener', async () => {
      const free = await listen('127.0.0.1:*');
      const { address } = free;
      free.listener.close();
      // From the very port that it dials: TCP then connects the socket to itself.
      const probe = dial(`${address};${address}`);
      expect(await probe.failure()).toMatchObject({ code: 'ECONNREFUSED' });
    });
  });
});
