import type { Peer } from '../socket/peer.js';
import { CountingClock } from '../testing/counting-clock.js';
import { openedSince, openFiles } from '../testing/open-files.js';
import { SplittingRelay } from '../testing/splitting-relay.js';
import { turn } from '../testing/turn.js';
import { type Context, createContext } from './context.js';
import { Dealer, Pair, Pull, Push } from './sockets.js';

/*
 * Random programs with invariants. A failure names its seed; the same programs run
 * again with STRESS_SEED=<seed>. Their order of events is the machine's, so a rare
 * failure may need several runs.
 */
const RUNS = 30 * Number(process.env['TEST_TIMES'] ?? 1);
const first = Number(process.env['STRESS_SEED'] ?? Date.now() % 1_000_000);
const seeds = Array.from({ length: RUNS }, (_, i) => first + i);

type AnySocket = Dealer | Pair | Pull | Push;

/** Mulberry32. */
function chance(seed: number) {
  let state = seed;
  const fraction = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const upTo = (max: number) => Math.floor(fraction() * (max + 1));
  const oneOf = <T>(values: readonly T[]): T => values[upTo(values.length - 1)]!;
  return { fraction, upTo, oneOf, happens: (probability: number) => fraction() < probability };
}
type Chance = ReturnType<typeof chance>;

/** One context with what must be as before when all its sockets have ended. */
class Stage {
  readonly clock = new CountingClock();
  readonly context: Context = createContext({ clock: this.clock });
  readonly #files = openFiles();
  readonly #sockets: AnySocket[] = [];
  readonly #ends: Promise<void>[] = [];
  readonly #peers: Set<Peer>[] = [];
  relay: SplittingRelay | undefined;

  constructor(readonly random: Chance) {}

  add<S extends AnySocket>(socket: S, left: () => void = () => {}): S {
    const peers = new Set<Peer>();
    this.#peers.push(peers);
    socket.onPeer({
      joined: (peer) => void peers.add(peer),
      left: (peer) => {
        peers.delete(peer);
        left();
      },
    });
    this.#ends.push(new Promise((resolve) => socket.events.on('end', () => resolve())));
    this.#sockets.push(socket);
    return socket;
  }

  /** Gives the endpoint to connect to: of the socket itself or, with the scheme `relay`, of a relay before it. */
  async bind(socket: AnySocket, scheme: string): Promise<string> {
    const own = { ipc: 'ipc://*', inproc: 'inproc://stress' }[scheme] ?? 'tcp://127.0.0.1:*';
    await socket.bind(own);
    const endpoint = socket.lastEndpoint!;
    if (scheme !== 'relay') return endpoint;
    this.relay = await SplittingRelay.start(Number(endpoint.split(':').pop()), this.random.fraction);
    return this.relay.endpoint;
  }

  async end(): Promise<void> {
    for (const socket of this.#sockets) {
      socket.close();
      if (this.random.happens(0.3)) await turn();
    }
    await Promise.all(this.#ends);
    await this.relay?.close();
    expect({
      files: await openedSince(this.#files),
      timers: this.clock.pending,
      peers: this.#peers.map((peers) => peers.size),
    }).toEqual({ files: 0, timers: 0, peers: this.#peers.map(() => 0) });
  }
}

/** `<sender> <number>` and some bytes behind it, and perhaps more frames. */
function makeMessage({ happens, oneOf, upTo }: Chance, sender: number, number: number): Buffer[] {
  const frame = Buffer.alloc(oneOf([32, 32, 600, 8192, 9000, happens(0.2) ? 300_000 : 100]));
  frame.write(`${sender} ${number} `);
  const more = happens(0.1) ? oneOf([1, 3, 300]) : 0;
  return [frame, ...Array.from({ length: more }, () => Buffer.alloc(oneOf([0, 1, 300, 9000]), upTo(255)))];
}

function readHead(message: readonly Buffer[]): [sender: number, number: number] {
  const [sender, number] = message[0]!.toString('latin1', 0, 32).split(' ');
  return [Number(sender), Number(number)];
}

/** Gives messages to `sink`, and now and then stops for some turns. */
function readWithPauses(socket: Dealer | Pair | Pull, random: Chance, sink: (m: Buffer[], peer: Peer) => void): void {
  const read = (message: Buffer[], peer: Peer): void => {
    sink(message, peer);
    if (socket.closed || !random.happens(0.1)) return;
    socket.onMessage(undefined);
    void pause();
  };
  const pause = async (): Promise<void> => {
    for (let turns = random.upTo(20); turns >= 0; turns--) await turn();
    if (!socket.closed) socket.onMessage(read);
  };
  socket.onMessage(read);
}

describe('random programs', () => {
  it.each(seeds)('without loss: all arrives once and in order, and everything ends (seed %i)', async (seed) => {
    const random = chance(seed);
    const { happens, oneOf, upTo } = random;
    const stage = new Stage(random);
    const { context } = stage;
    const mark = () => oneOf([1, 2, 3, 4, 5, 1000, 0]);
    const options = () => ({ context, sendHighWaterMark: mark(), receiveHighWaterMark: mark() });
    const scheme = oneOf(['tcp', 'ipc', 'inproc', 'relay', 'relay']);
    const echoes = happens(0.5);
    const senders = echoes ? 1 : 1 + upTo(3);
    const each = 5 + upTo(60);

    const next = new Map<number, number>();
    let missing = senders * each;
    let allCame!: () => void;
    const all = new Promise<void>((resolve) => (allCame = resolve));
    const took = (message: Buffer[]): void => {
      const [sender, number] = readHead(message);
      expect([sender, number]).toEqual([sender, next.get(sender) ?? 0]);
      next.set(sender, number + 1);
      if (--missing === 0) allCame();
    };

    const bound = stage.add(echoes ? new Pair(options()) : new Pull({ context, receiveHighWaterMark: mark() }));
    const endpoint = await stage.bind(bound, scheme);
    if (!(bound instanceof Pair)) readWithPauses(bound, random, took);
    const echoing =
      bound instanceof Pair &&
      (async () => {
        for (let i = 0; i < each; i++) await bound.send(await bound.receive());
      })();
    const sending = Array.from({ length: senders }, async (_, sender) => {
      const immediate = happens(0.5);
      const socket = stage.add(
        echoes
          ? new Pair({ ...options(), immediate })
          : new Push({ context, sendHighWaterMark: mark(), immediate, linger: -1 }),
      );
      if (socket instanceof Pair) readWithPauses(socket, random, took);
      socket.connect(endpoint);
      for (let number = 0; number < each; number++) {
        const message = makeMessage(random, sender, number);
        if (happens(0.7)) await socket.send(message);
        else while (!socket.trySend(message)) await socket.untilWritable();
        if (happens(0.1)) await turn();
      }
      if (!echoes && happens(0.5)) socket.close();
    });
    await Promise.all([...sending, echoing, all]);
    await stage.end();
  });

  it.each(seeds)('with loss: nothing comes twice or out of order, and everything ends (seed %i)', async (seed) => {
    const random = chance(seed);
    const { happens, oneOf, upTo } = random;
    const stage = new Stage(random);
    const { context } = stage;
    const mark = () => oneOf([1, 2, 3, 1000]);
    const make = () =>
      new Dealer({
        context,
        linger: oneOf([0, 0, 20]),
        reconnectInterval: 1 + upTo(5),
        sendHighWaterMark: mark(),
        receiveHighWaterMark: mark(),
        immediate: happens(0.4),
      });
    const scheme = oneOf(['relay', 'relay', 'tcp', 'ipc', 'inproc']);

    const busy = async (socket: Dealer, id: number): Promise<void> => {
      const seen = new Set<string>();
      const lastOf = new Map<Peer, number>();
      readWithPauses(socket, random, (message, peer) => {
        const [sender, number] = readHead(message);
        expect([peer.socketType, seen.has(`${sender} ${number}`)]).toEqual(['DEALER', false]);
        expect(number).toBeGreaterThan(lastOf.get(peer) ?? -1);
        seen.add(`${sender} ${number}`);
        lastOf.set(peer, number);
        const [anyone] = socket.peers;
        if (happens(0.005)) socket.close();
        else if (happens(0.01) && anyone !== undefined) socket.disconnectPeer(anyone);
      });
      for (let number = 0; number < 60 && !socket.closed; number++) {
        socket.trySend(makeMessage(random, id, number));
        if (happens(0.3)) await turn();
      }
    };

    const bound = stage.add(make());
    const endpoint = await stage.bind(bound, scheme);
    const work = [busy(bound, 0)];
    for (let id = 1; id <= 1 + upTo(2); id++) {
      const socket = stage.add(make(), () => void (happens(0.05) && socket.close()));
      socket.connect(endpoint);
      work.push(busy(socket, id));
      work.push(
        (async () => {
          for (let i = 0; i < 3; i++) {
            for (let turns = upTo(40); turns >= 0; turns--) await turn();
            if (happens(0.5)) stage.relay?.breakAll();
            if (socket.closed || happens(0.5)) continue;
            socket.disconnect(endpoint);
            if (happens(0.5)) await turn();
            if (!socket.closed) socket.connect(endpoint);
          }
        })(),
      );
    }
    await Promise.all(work);
    await stage.end();
  });
});
