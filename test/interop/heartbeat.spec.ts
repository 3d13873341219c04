import { createContext, Dealer, type SocketOptions } from '@nest-zmq/core';
import { socketTypes } from '../../libs/zmq-core/src/foundation/socket-type.js';
import { ManualClock } from '../../libs/zmq-core/src/testing/manual-clock.js';
import { asked } from '../support/asked.js';
import { textKeys } from '../support/key-pair.js';
import { nextTurn } from '../support/raw-peer.js';
import { Relay, type Speaker } from '../support/relay.js';
import { EventLog } from '../support/stage.js';
import { libraries, LibzmqPeer, type RemoteSocket } from './libzmq-peer.js';

const HEARTBEAT_IVL = 75;
const HEARTBEAT_TTL = 76;
const HEARTBEAT_TIMEOUT = 77;
const RECONNECT_IVL = 18;
const NEVER = 100_000;

const server = textKeys();
const client = textKeys();
const curveServer = { curveServer: true, curveSecretKey: server.secretKey };
/** By the numbers of libzmq. */
const CURVE_CLIENT = { 48: client.publicKey, 49: client.secretKey, 50: server.publicKey };

for (const library of libraries) {
  (library.missing === undefined ? describe : describe.skip)(`heartbeats with ${library.name}`, () => {
    let peer: LibzmqPeer;
    let clock: ManualClock;
    let ours: Dealer;
    let events: EventLog;
    let theirs: RemoteSocket;
    let relay: Relay;

    beforeAll(async () => {
      peer = await LibzmqPeer.start(library);
    });

    afterAll(() => peer.stop());

    afterEach(async () => {
      ours.close();
      await theirs.close();
      relay.close();
    });

    /** The two with a relay between them. Our time stands still, theirs does not. */
    async function meet(
      weBind: boolean,
      options: SocketOptions<'DEALER'>,
      theirOptions: Readonly<Record<number, number | string>> = {},
    ): Promise<{ readonly we: Speaker; readonly they: Speaker }> {
      clock = new ManualClock();
      ours = new Dealer({ context: createContext({ clock }), linger: 0, ...options });
      events = new EventLog(ours);
      theirs = await peer.open(socketTypes.DEALER.id, { [RECONNECT_IVL]: NEVER, ...theirOptions });
      await theirs.monitor();
      if (weBind) {
        await ours.bind('tcp://127.0.0.1:*');
        relay = await Relay.start(ours.lastEndpoint!);
        await theirs.connect(relay.endpoint);
      } else {
        relay = await Relay.start(await theirs.bind('tcp://127.0.0.1:*'));
        ours.connect(relay.endpoint);
      }
      await Promise.all([events.until('handshake'), theirs.events.until('handshake')]);
      events.mark();
      return weBind ? { we: 'binder', they: 'connecter' } : { we: 'connecter', they: 'binder' };
    }

    /** What is in the kernel by now has been read here: a round trip to another process takes longer. */
    async function settle(): Promise<void> {
      await peer.ping();
      await nextTurn();
    }

    describe.each([
      ['bound', true],
      ['connecting', false],
    ] as const)('ours %s', (_role, weBind) => {
      it('asks, and lives by the answers', async () => {
        const { we, they } = await meet(weBind, { heartbeatInterval: 1000, heartbeatTimeout: 500 });
        for (let count = 1; count <= 3; count++) {
          clock.advance(1000);
          await relay.until(we, '\x04PING', count);
          const read = asked(clock);
          await relay.until(they, '\x04PONG', count);
          await read();
        }
        clock.advance(999);
        expect(events.types).toEqual([]);

        relay.hold(they);
        clock.advance(1);
        await relay.until(we, '\x04PING', 4);
        clock.advance(499);
        await settle();
        expect(events.types).toEqual([]);
        clock.advance(1);
        await events.until('disconnect');
        expect(events.reasons).toEqual([expect.objectContaining({ code: 'ETIMEDOUT' })]);
      });

      it('answers, and is kept', async () => {
        const { we, they } = await meet(weBind, {}, { [HEARTBEAT_IVL]: 20, [HEARTBEAT_TIMEOUT]: NEVER });
        await relay.until(we, '\x04PONG', 5);
        expect(relay.count(they, '\x04PING')).toBeGreaterThanOrEqual(5);
        await peer.ping();
        expect(theirs.events.types).not.toContain('disconnect');
        expect(relay.connections).toBe(1);
      });

      it('is given up when its answers are lost', async () => {
        const { we } = await meet(weBind, {}, { [HEARTBEAT_IVL]: 20, [HEARTBEAT_TIMEOUT]: 40 });
        relay.hold(we);
        await theirs.events.until('disconnect');
      });

      it('gives up a peer that is silent for longer than it promised', async () => {
        const { they } = await meet(
          weBind,
          {},
          {
            [HEARTBEAT_IVL]: 50,
            [HEARTBEAT_TTL]: 700,
            [HEARTBEAT_TIMEOUT]: NEVER,
          },
        );
        await relay.until(they, '\x04PING');
        relay.hold(they);
        // Another that had passed by then.
        await settle();
        clock.advance(699);
        await settle();
        expect(events.types).toEqual([]);
        clock.advance(1);
        await events.until('disconnect');
      });

      it('shows that it lives while it does not read, asks for no answers, and is kept', async () => {
        const { we, they } = await meet(weBind, {
          heartbeatInterval: 1000,
          heartbeatTimeout: 500,
          heartbeatTimeToLive: NEVER,
          receiveHighWaterMark: 1,
        });
        clock.advance(1000);
        await relay.until(we, '\x04PING');
        await settle();
        for (let i = 0; i < 10; i++) await theirs.send([`${i}`]);
        // The second one finds no room.
        await relay.until(they, '\0\x019');
        await settle();
        for (let shown = 1; shown <= 3; shown++) {
          clock.advance(1000);
          await relay.until(we, '\x04PONG', shown);
          await settle();
        }
        expect(relay.count(we, '\x04PING')).toBe(1);
        for (let i = 0; i < 10; i++) expect(String(await ours.receive())).toBe(`${i}`);
        clock.advance(1000);
        await relay.until(we, '\x04PING', 2);
        await settle();
        expect(events.types).toEqual([]);
        expect(theirs.events.types).not.toContain('disconnect');
        expect(relay.connections).toBe(1);
      });

      it('under CURVE each frame of its has the next nonce, those with PING and PONG too, so all are taken', async () => {
        const theirOptions = { ...CURVE_CLIENT, [HEARTBEAT_IVL]: 20, [HEARTBEAT_TIMEOUT]: NEVER };
        const { they } = await meet(weBind, { ...curveServer, heartbeatInterval: 1000 }, theirOptions);
        const rounds = 5;
        for (let round = 1; round <= rounds; round++) {
          clock.advance(1000);
          await theirs.send([`${round}`, '', 'end']);
          expect((await ours.receive()).map(String)).toEqual([`${round}`, '', 'end']);
          await ours.send([`${round}`, '', 'answer']);
          expect(await theirs.receive()).toEqual([`${round}`, '', 'answer']);
        }
        // Besides the parts of its messages: a PONG for each PING of ours, and some PINGs of its own.
        await relay.until(they, '\x07MESSAGE', 3 * rounds + rounds + 5);
        await theirs.send(['after that']);
        expect(String(await ours.receive())).toBe('after that');
        expect(events.types).toEqual([]);
        expect(relay.connections).toBe(1);
      });

      it('is given up when it is silent for longer than it promised', async () => {
        const { we } = await meet(weBind, { heartbeatInterval: 1000, heartbeatTimeToLive: 100 });
        clock.advance(1000);
        await relay.until(we, '\x04PING\0\x01');
        await theirs.events.until('disconnect');
      });
    });
  });
}
