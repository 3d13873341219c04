import { constants } from 'node:os';
import { Dealer, monitorEvents, Pair, Router } from '@nest-zmq/core';
import { socketTypes } from '../../libs/zmq-core/src/foundation/socket-type.js';
import { bytes, command, greeting, GREETING_SIZE, message, property, ready } from '../support/raw-bytes.js';
import { RawPeer } from '../support/raw-peer.js';
import { libraries, LibzmqPeer, type PeerEvent, RemoteEvents, whileTicking } from './libzmq-peer.js';

/*
 * The same bytes, and the same mistakes, for a socket of ours and one of libzmq, each with
 * a monitor: what the two tell is compared as libzmq tells it, number and value.
 */

/** libzmq's words for its numbers are those of our events, which peer.py and peer.mjs use too. */
const types = new Map<number, string>([
  [monitorEvents.CONNECTED, 'connect'],
  [monitorEvents.CONNECT_DELAYED, 'connect:delay'],
  [monitorEvents.CONNECT_RETRIED, 'connect:retry'],
  [monitorEvents.LISTENING, 'bind'],
  [monitorEvents.BIND_FAILED, 'bind:error'],
  [monitorEvents.ACCEPTED, 'accept'],
  [monitorEvents.ACCEPT_FAILED, 'accept:error'],
  [monitorEvents.CLOSED, 'close'],
  [monitorEvents.CLOSE_FAILED, 'close:error'],
  [monitorEvents.DISCONNECTED, 'disconnect'],
  [monitorEvents.MONITOR_STOPPED, 'end'],
  [monitorEvents.HANDSHAKE_FAILED_NO_DETAIL, 'handshake:error:other'],
  [monitorEvents.HANDSHAKE_SUCCEEDED, 'handshake'],
  [monitorEvents.HANDSHAKE_FAILED_PROTOCOL, 'handshake:error:protocol'],
  [monitorEvents.HANDSHAKE_FAILED_AUTH, 'handshake:error:auth'],
]);
const descriptors = ['connect', 'bind', 'accept', 'close', 'disconnect'];

/** Reads the frames of `monitor()` into the events that a peer process tells of. */
function readMonitor(socket: Router | Dealer, name: string): { events: RemoteEvents; reader: Pair } {
  const [events, reader] = [new RemoteEvents(), new Pair({ linger: 0 })];
  socket.monitor(`inproc://${name}`);
  reader.connect(`inproc://${name}`);
  reader.onMessage(([numbers, address]) => {
    const type = types.get(numbers!.readUInt16LE())!;
    events.push({ type, address: String(address), value: numbers!.readInt32LE(2) });
  });
  return { events, reader };
}

/** A peer that closes in the handshake is EPIPE up to libzmq 4.3.4, and ECONNRESET from 4.3.5 on, as here. */
function since435(type: string, value: number): number {
  return type === 'handshake:error:other' && value === constants.errno.EPIPE ? constants.errno.ECONNRESET : value;
}

type Play = (peer: RawPeer, until: (type: string) => Promise<void>) => Promise<void> | void;

const cut = property('X-a', 'bcd').subarray(0, -1);
const TYPE = property('Socket-Type', 'DEALER');
const says =
  (...parts: Buffer[]): Play =>
  (peer) =>
    peer.write(...parts);

/** We close at once. libzmq waits for who has refused it to do so, for as long as a handshake may take. */
const refuses =
  (reason: string): Play =>
  async (peer) => {
    peer.write(greeting());
    await peer.read(GREETING_SIZE);
    // Before its READY is out, libzmq would take the end of the connection for another failure.
    await peer.readFrame();
    peer.write(command('ERROR', bytes(reason)));
    peer.end();
  };

const plays: readonly (readonly [string, Play])[] = [
  ['nothing, and closes', (peer) => peer.end()],
  ['half a greeting, and closes', (peer) => (peer.write(greeting().subarray(0, 20)), peer.end())],
  ['a greeting, and closes', (peer) => (peer.write(greeting()), peer.end())],
  ['a greeting, and resets', async (peer) => (peer.write(greeting()), await peer.read(GREETING_SIZE), peer.reset())],
  ['another mechanism', says(greeting(3, 1, 'PLAIN'))],
  ['data before READY', says(greeting(), message('x'))],
  ['an unknown command before READY', says(greeting(), command('HELLO'))],
  ['an empty command', says(greeting(), bytes('04 00'))],
  ['READY with a cut property', says(greeting(), command('READY', Buffer.concat([TYPE, cut])))],
  ['READY of a type that does not fit', says(greeting(), ready('PUB'))],
  ['ERROR, and closes', refuses('04 "busy"')],
  ['ERROR 300, and closes', refuses('03 "300"')],
  ['ERROR 400, and closes', refuses('03 "400"')],
  ['ERROR 500, and closes', refuses('03 "500"')],
  ['ERROR that is cut', says(greeting(), command('ERROR', bytes('09 "bus"')))],
  ['ERROR without a reason', says(greeting(), command('ERROR'))],
  ['a good handshake, and closes', async (peer, until) => {
    peer.write(greeting(), ready('DEALER', ''));
    await until('handshake');
    peer.end();
  }],
  ['a good handshake, and resets', async (peer, until) => {
    peer.write(greeting(), ready('DEALER', ''));
    await until('handshake');
    peer.reset();
  }],
]; // prettier-ignore

for (const library of libraries) {
  (library.missing === undefined ? describe : describe.skip)(`a monitor here and in ${library.name}`, () => {
    let peer: LibzmqPeer;
    let ours: Router;
    let reader: Pair;
    let ownEvents: RemoteEvents;
    let names = 0;

    beforeAll(async () => {
      peer = await LibzmqPeer.start(library);
    });
    beforeEach(() => {
      ours = new Router({ linger: 0 });
      ({ events: ownEvents, reader } = readMonitor(ours, `monitor ${library.name} ${++names}`));
    });
    afterEach(() => {
      ours.close();
      reader.close();
    });
    afterAll(() => peer.stop());

    /** Descriptors differ, and so do ports; npm does not show the values of all events. */
    function comparable(events: readonly PeerEvent[], endpoint: string): unknown {
      const port = /:\d+$/.exec(endpoint)?.[0] ?? endpoint;
      return events.map(({ type, address, value }) => ({
        type,
        address: address.replace(port, ':PORT'),
        ...(library.name === 'python3-zmq' && !descriptors.includes(type) && { value: since435(type, value) }),
      }));
    }

    async function watched(): Promise<{ theirs: Awaited<ReturnType<LibzmqPeer['open']>>; tick: () => Promise<void> }> {
      const theirs = await peer.open(socketTypes.ROUTER.id);
      await theirs.monitor();
      return { theirs, tick: () => peer.ping() };
    }

    it.each([
      ...plays.map(([what, play]) => [what, 'tcp://127.0.0.1:*', play] as const),
      ...plays.slice(-1).map(([what, play]) => [what, 'tcp://0.0.0.0:*', play] as const),
    ])('of a peer that says %s, at %s', async (_what, wildcard, play) => {
      const { theirs, tick } = await watched();
      const sides = [
        { endpoint: await theirs.bind(wildcard), log: theirs.events },
        { endpoint: (await ours.bind(wildcard), ours.lastEndpoint!), log: ownEvents },
      ];
      const told: unknown[] = [];
      for (const { endpoint, log } of sides) {
        const until = (type: string): Promise<void> => whileTicking(log.until(type), tick);
        const raw = await RawPeer.connect(endpoint.replace('0.0.0.0', '127.0.0.1'));
        await until('accept');
        await play(raw, until);
        await until('disconnect');
        raw.destroy();
        told.push(comparable(log.all, endpoint));
      }
      expect(told[1]).toEqual(told[0]);
      await theirs.close();
    });

    it.each([
      ['a used port', (used: string): string => used],
      ['an address that is not of this machine', (): string => 'tcp://192.0.2.1:5555'],
      ['a host that nobody knows', (): string => 'tcp://nobody.invalid:5555'],
      ['no port', (): string => 'tcp://127.0.0.1'],
      ['a directory that is missing', (): string => 'ipc:///nowhere/socket'],
      ['a path that is too long', (): string => `ipc:///tmp/${'x'.repeat(200)}`],
    ])('of a bind that fails: %s', async (_what, at) => {
      const holder = new Dealer({ linger: 0 });
      await holder.bind('tcp://127.0.0.1:*');
      const endpoint = at(holder.lastEndpoint!);
      const { theirs, tick } = await watched();
      await expect(theirs.bind(endpoint)).rejects.toThrow();
      await expect(ours.bind(endpoint)).rejects.toThrow();
      for (const log of [theirs.events, ownEvents]) await whileTicking(log.until('bind:error'), tick);
      expect(comparable(ownEvents.all, '')).toEqual(comparable(theirs.events.all, ''));
      await theirs.close();
      holder.close();
    });

    it('of a socket that is closed while it is bound and connected', async () => {
      const { theirs, tick } = await watched();
      const client = await peer.open(socketTypes.DEALER.id);
      const endpoints = [
        await theirs.bind('tcp://127.0.0.1:*'),
        (await ours.bind('tcp://127.0.0.1:*'), ours.lastEndpoint!),
      ];
      for (const endpoint of endpoints) await client.connect(endpoint);
      for (const log of [theirs.events, ownEvents]) await whileTicking(log.until('handshake'), tick);
      ours.close();
      await ownEvents.until('end');
      expect(ownEvents.types).toEqual(['bind', 'accept', 'handshake', 'close', 'end']);
      expect(comparable(ownEvents.all.slice(0, 3), endpoints[1]!)).toEqual(
        comparable(theirs.events.all.slice(0, 3), endpoints[0]!),
      );
      await client.close();
      await theirs.close();
    });
  });
}
