import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { socketTypes } from '../../libs/zmq-core/src/foundation/socket-type.js';
import { type Exchange, exchanges } from './exchanges.js';
import { type Part, type Parts, whileTicking } from './libzmq-peer.js';
import { OwnSide, type Side, type SideOptions, toBuffer, toPart } from './sides.js';

/* JeroMQ 0.3 is the newest library that anybody can install and that speaks ZMTP 2.0 only. */

const JAR = process.env['JEROMQ_JAR'] ?? '/usr/share/java/jeromq.jar';
const missing = whatIsMissing();
if (missing !== undefined) process.stderr.write(`note: tests against JeroMQ 0.3 are skipped: ${missing}\n`);

function whatIsMissing(): string | undefined {
  if (!existsSync(JAR)) return `${JAR} is not there; apt-get install libjeromq-java`;
  return spawnSync('java', ['-version']).status === 0
    ? undefined
    : 'no java here; apt-get install default-jre-headless';
}

/** The process, asked one thing at a time. */
class OldPeer {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #waiting: ((line: string) => void)[] = [];

  constructor() {
    const program = fileURLToPath(new URL('./OldPeer.java', import.meta.url));
    this.#process = spawn('java', ['-cp', JAR, program], { stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface({ input: this.#process.stdout }).on('line', (line) => this.#waiting.shift()?.(line));
  }

  started(): Promise<string> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  ask(...words: readonly (string | number)[]): Promise<string> {
    this.#process.stdin.write(`${words.join(' ')}\n`);
    return this.started();
  }

  async stop(): Promise<void> {
    const exited = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.stdin.end();
    await exited;
  }
}

let names = 0;

class OldSide implements Side {
  readonly #peer: OldPeer;
  readonly #name = `s${++names}`;

  private constructor(peer: OldPeer) {
    this.#peer = peer;
  }

  static async open(peer: OldPeer, type: number, { routingId }: SideOptions = {}): Promise<OldSide> {
    const side = new OldSide(peer);
    await peer.ask('open', side.#name, type, ...(routingId === undefined ? [] : [routingId]));
    return side;
  }

  bind = (): Promise<string> => this.#peer.ask('bind', this.#name);
  connect = async (endpoint: string): Promise<void> => void (await this.#peer.ask('connect', this.#name, endpoint));
  subscribe = async (topic: string): Promise<void> => void (await this.#peer.ask('subscribe', this.#name, hex(topic)));
  unsubscribe = (): Promise<void> => Promise.reject(new Error('not needed here'));
  onlyPeer = (): Promise<undefined> => Promise.resolve(undefined);
  send = async (...parts: Parts): Promise<void> => void (await this.#peer.ask('send', this.#name, ...parts.map(hex)));
  close = async (): Promise<void> => void (await this.#peer.ask('close', this.#name));

  async receive(): Promise<Parts> {
    const answer = await this.#peer.ask('receive', this.#name);
    return answer.split(' ').map((part) => (part === '-' ? '' : toPart(Buffer.from(part, 'hex'))));
  }
}

function hex(part: Part): string {
  return part === '' ? '-' : toBuffer(part).toString('hex');
}

const SAMPLES: readonly Parts[] = [
  ['one part'],
  ['several', '', 'parts', '\0\xff\x80', ''],
  ['x'.repeat(255), 'y'.repeat(256), { large: 70_000 }],
];

async function pass(from: Side, parts: Parts, to: Side, expected: Parts = parts): Promise<void> {
  await from.send(...parts);
  expect(await to.receive()).toEqual(expected);
}

async function bothWays(first: Side, second: Side): Promise<void> {
  for (const parts of SAMPLES) {
    await pass(first, parts, second);
    await pass(second, parts, first);
  }
}

type Talk = Pick<Exchange, 'types' | 'options'> & {
  run(first: Side, second: Side, tick: () => Promise<void>): Promise<void>;
};

const talks: readonly Talk[] = [
  { types: ['PAIR', 'PAIR'], run: bothWays },
  { types: ['DEALER', 'DEALER'], run: bothWays },
  { types: ['REQ', 'REP'], run: bothWays },
  {
    types: ['PUSH', 'PULL'],
    async run(push, pull) {
      for (const parts of SAMPLES) await pass(push, parts, pull);
    },
  },
  {
    types: ['DEALER', 'ROUTER'],
    options: [{ routingId: 'dealer' }, {}],
    async run(dealer, router) {
      for (const parts of SAMPLES) {
        await pass(dealer, parts, router, ['dealer', ...parts]);
        await pass(router, ['dealer', ...parts], dealer, parts);
      }
    },
  },
  {
    types: ['XPUB', 'SUB'],
    async run(xpub, sub, tick) {
      await sub.subscribe('a');
      expect(await whileTicking(xpub.receive(), tick)).toEqual(['\x01a']);
      await xpub.send('b', 'is not wanted');
      for (const parts of SAMPLES) await pass(xpub, ['a', ...parts], sub);
    },
  },
];

(missing === undefined ? describe : describe.skip)('JeroMQ 0.3, which speaks ZMTP 2.0 only', () => {
  let peer: OldPeer;
  const open: Side[] = [];

  beforeAll(async () => {
    peer = new OldPeer();
    expect(await peer.started()).toBe('ready');
  }, 60_000);

  afterEach(async () => {
    for (const side of open.splice(0)) await side.close();
  });

  afterAll(() => peer.stop());

  it('knows the pairs of the exchanges', () => {
    const known = exchanges.map(({ types }) => types.join());
    for (const { types } of talks) expect(known).toContain(types.join());
  });

  for (const talk of talks) {
    const { types, options = [{}, {}] } = talk;
    for (const own of [0, 1] as const) {
      it.each([
        ['bound', true],
        ['connecting', false],
      ])(`our ${types[own]}, %s, with its ${types[1 - own]!}`, async (_how, weBind) => {
        const our = new OwnSide(types[own], { ...options[own], legacy: true });
        const their = await OldSide.open(peer, socketTypes[types[1 - own]!].id, options[1 - own]);
        open.push(our, their);
        const [binder, connecter]: [Side, Side] = weBind ? [our, their] : [their, our];
        await connecter.connect(await binder.bind('tcp://127.0.0.1:*'));
        const [first, second]: [Side, Side] = own === 0 ? [our, their] : [their, our];
        await talk.run(first, second, async () => void (await peer.ask('ping')));
        const [remote] = our.socket.peers;
        expect(remote?.socketType).toBe(types[1 - own]);
        expect(remote?.properties).not.toHaveProperty('Socket-Type');
      });
    }
  }
});
