import { type Context, curveKeyPair, Dealer, Publisher, Router, type Socket } from '@nest-zmq/core';
import { ManualClock } from '../../libs/zmq-core/src/testing/manual-clock.js';
import { Dice } from '../support/dice.js';
import { loadCurve, Surroundings } from '../support/guarded.js';
import { bytesAtRest } from '../support/holdings.js';
import { bytes, command, frame, greeting, message, pattern, ready } from '../support/raw-bytes.js';
import { nextTurn, RawListener, RawPeer } from '../support/raw-peer.js';

/*
 * Bad input and faults: what each leaves behind. One offender may leave what is lost in the
 * noise of a process's memory; of hundreds it is not. After a while in which all that is made
 * once is made, the same again and again does not take memory, whatever the offence.
 */

const AT_ONCE = 20;
const ROUNDS_BEFORE = 15;
const ROUNDS = 25;
/** Less than a connection needs: its objects, not to speak of a buffer. */
const BYTES_OF_EACH = 2048;

let clock: ManualClock;
let around: Surroundings;

beforeAll(loadCurve);
beforeEach(async () => {
  clock = new ManualClock();
  around = await Surroundings.begin(clock);
});
afterEach(() => around.end());

/** How much more memory is used after a round than before, per offender. */
async function growth(round: () => Promise<void>): Promise<number> {
  for (let i = 0; i < ROUNDS_BEFORE; i++) await round();
  const before = await bytesAtRest();
  for (let i = 0; i < ROUNDS; i++) await round();
  return ((await bytesAtRest()) - before) / (ROUNDS * AT_ONCE);
}

/** Runs it for some at once. */
async function some(one: () => Promise<void>): Promise<void> {
  await around.bystander.during(Promise.all(Array.from({ length: AT_ONCE }, one)));
}

type Bound = Socket & { bind(endpoint: string): Promise<void> };
type Offence = (peer: RawPeer) => void | Promise<void>;

const says =
  (...wires: readonly Buffer[]): Offence =>
  (peer) =>
    peer.write(...wires);
/** When its handshake is done, and what it said next was decoded. */
const established =
  (socketType: string, then: Offence, ...wires: readonly Buffer[]): Offence =>
  async (peer) => {
    await peer.handshake(socketType);
    peer.write(...wires);
    await peer.fence();
    await then(peer);
  };
const saysAndEnds =
  (...wires: readonly Buffer[]): Offence =>
  (peer) => {
    peer.write(...wires);
    peer.end();
  };

const keys = curveKeyPair();
const router =
  (options: object = {}) =>
  (context: Context): Bound =>
    new Router({ context, linger: 0, ...options });
const publisher = (context: Context): Bound => new Publisher({ context, linger: 0, maxSubscriptions: 100 });
const topics = Array.from({ length: 100 }, (_, i) => command('SUBSCRIBE', pattern(100, i)));
const hello = Buffer.concat([bytes('01 00'), Buffer.alloc(72), new Dice(1).bytes(32), bytes('0000000000000001'), new Dice(2).bytes(80)]); // prettier-ignore

it.each<[string, (context: Context) => Bound, Offence]>([
  ['an HTTP request', router(), says(Buffer.from('GET / HTTP/1.1\r\n\r\n'))],
  ['another mechanism', router(), says(greeting(3, 1, 'PLAIN'))],
  ['malformed properties', router(), says(greeting(), command('READY', bytes('05')))],
  ['a socket type that does not fit', router(), says(greeting(), ready('PUB'))],
  ['a message before the handshake is done', router(), says(greeting(), message('x'))],
  ['an ERROR', router(), says(greeting(), command('ERROR', bytes('04 "busy"')))],
  ['a greeting, and FIN', router(), saysAndEnds(greeting())],
  ['PING without a TTL', router(), established('DEALER', says(command('PING')))],
  ['a message that is too large', router({ maxMessageSize: 100 }), established('DEALER', says(message(pattern(101))))],
  ['half of a message, and FIN', router(), established('DEALER', saysAndEnds(frame(1, pattern(1000))))],
  ['half of a frame, and FIN', router(), established('DEALER', saysAndEnds(message(pattern(1000)).subarray(0, 500)))],
  ['topics, and RST', publisher, established('SUB', (peer) => peer.reset(), ...topics)],
  ['a topic too many', publisher, established('SUB', says(command('SUBSCRIBE', bytes('"one more"'))), ...topics)],
  ['a HELLO that is none, at CURVE', router({ curveServer: true, curveSecretKey: keys.secretKey }), says(greeting(3, 1, 'CURVE'), command('HELLO', hello))],
  ['a password, where nobody is asked', router({ plainServer: true }), says(greeting(3, 1, 'PLAIN'), command('HELLO', bytes('03 "joe" 06 "secret"')))],
])('%s', async (_, open, offend) => {
  const socket = open(around.context);
  around.closers.push(() => socket.close());
  await socket.bind('tcp://127.0.0.1:*');
  const ends = new Waiting();
  socket.events.on('disconnect', () => ends.add());
  const round = async (): Promise<void> => {
    await some(async () => {
      const peer = await RawPeer.connect(socket.lastEndpoint!);
      await offend(peer);
      await peer.ended;
    });
    await ends.take(AT_ONCE);
  };
  expect(await growth(round)).toBeLessThan(BYTES_OF_EACH);
}, 60_000); // prettier-ignore

it('silence until the limit of handshakes', async () => {
  const socket = router()(around.context);
  around.closers.push(() => socket.close());
  await socket.bind('tcp://127.0.0.1:*');
  const [begun, ends] = [new Waiting(), new Waiting()];
  socket.events.on('accept', () => begun.add());
  socket.events.on('disconnect', () => ends.add());
  const round = async (): Promise<void> => {
    const peers = await Promise.all(Array.from({ length: AT_ONCE }, () => RawPeer.connect(socket.lastEndpoint!)));
    await begun.take(AT_ONCE);
    clock.advance(30_000);
    await around.bystander.during(Promise.all(peers.map(({ ended }) => ended)));
    await ends.take(AT_ONCE);
  };
  expect(await growth(round)).toBeLessThan(BYTES_OF_EACH);
}, 60_000);

it('a server that is none, to sockets that connect and are closed', async () => {
  const listener = await RawListener.listen();
  around.closers.push(() => listener.close());
  const round = async (): Promise<void> => {
    const dealers = Array.from({ length: AT_ONCE }, () => new Dealer({ context: around.context, linger: 0 }));
    for (const dealer of dealers) dealer.connect(listener.endpoint);
    const ended: Promise<unknown>[] = [];
    while (ended.length < AT_ONCE) {
      const peer = await listener.accept();
      peer.write(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'));
      ended.push(peer.ended);
    }
    await around.bystander.during(Promise.all(ended));
    for (const dealer of dealers) dealer.close();
  };
  expect(await growth(round)).toBeLessThan(BYTES_OF_EACH);
}, 60_000);

it('is seen, were it so', async () => {
  const kept: unknown[] = [];
  const round = (): Promise<void> =>
    some(async () => {
      kept.push(new Array(BYTES_OF_EACH / 4).fill(kept)); // twice as much
      await nextTurn();
    });
  expect(await growth(round)).toBeGreaterThan(BYTES_OF_EACH);
  expect(kept).toHaveLength((ROUNDS_BEFORE + ROUNDS) * AT_ONCE);
});

/** Counts what comes, and keeps nothing of it. */
class Waiting {
  #count = 0;
  #wake: (() => void) | undefined;

  add(): void {
    this.#count++;
    this.#wake?.();
  }

  async take(count: number): Promise<void> {
    while (this.#count < count) await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#count -= count;
  }
}
