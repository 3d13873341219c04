import { type Context, createContext, Router, stats } from '@nest-zmq/core';
import { ManualClock } from '../../../libs/zmq-core/src/testing/manual-clock.js';
import { InprocTransport } from '../../../libs/zmq-core/src/transports/inproc/inproc-transport.js';
import { keptSession } from '../corpus.js';
import type { Session } from '../mutator.js';
import { type Chance, hold, type Target } from '../target.js';
import { HANDSHAKE_MS, limits } from './connection-target.js';
import { MemoryTransport } from './memory-transport.js';

const ZAP = 'inproc://zeromq.zap.01';
/** More than a question and its answer take, and few enough to notice one that waits for ever. */
const TURNS = 20;
const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

const frames = (...parts: readonly string[]): Session => parts.map((part) => Buffer.from(part, 'latin1'));
const reply = (status: string): Session => frames('', '1.0', '1', status, 'text', 'user', '\x06X-role\0\0\0\x05admin');
const good = reply('200');

/** How a handler answers, besides with what. */
type Manner = 'once' | 'and then well' | 'and goes' | 'never';

/**
 * A handler of ZAP that is wrong, or hostile, and a socket that believes it only what is
 * well-formed. The pieces are the frames of its reply to one good peer.
 */
class ZapTarget implements Target {
  readonly name: string;
  readonly takesFrames = true;
  readonly corpus: readonly Session[] = [good, reply('300'), reply('400'), reply('500'), frames('', '1.0', '1', '200', '', '', '')]; // prettier-ignore
  readonly #options: object;
  /** What the peer says, with messages behind its handshake. */
  readonly #peer: Buffer;
  readonly #clock = new ManualClock();
  readonly #transport = new MemoryTransport();
  readonly #context: Context = createContext({
    clock: this.#clock,
    transports: [this.#transport, new InprocTransport()],
  });
  #socket: Router | undefined;
  #handler: Router | undefined;
  #reply: readonly Buffer[] = [];
  #manner: Manner = 'once';
  #asked = 0;
  #admitted = 0;
  #reasons = 0;
  #users: (string | undefined)[] = [];
  #gauges = { connections: 0, handshakes: 0 };

  constructor(mechanism: 'null' | 'plain', options: object) {
    this.name = `zap handler ${mechanism.toUpperCase()}`;
    this.#options = options;
    this.#peer = Buffer.concat(keptSession(mechanism, 'client-DEALER') ?? []);
  }

  async run(pieces: readonly Buffer[], chance: Chance): Promise<void> {
    const socket = (this.#socket ??= await this.#open());
    await this.#bindHandler();
    this.#reply = pieces;
    this.#manner = chance.chance(0.7) ? 'once' : (['and then well', 'and goes', 'never'] as const)[chance.below(3)]!;
    // A ROUTER sends nothing that is nothing but the way.
    if (pieces.length === 0) this.#manner = 'never';
    this.#asked = this.#admitted = this.#reasons = 0;
    this.#users = [];
    const stream = this.#transport.accept();
    try {
      stream.data(Buffer.from(this.#peer));
      for (let turns = 0; turns < TURNS && !this.#isDecided(); turns++) await turn();
      hold(this.#asked === 1, `the handler was asked ${this.#asked} times`);
      // Whoever has no answer has no time either.
      if (!this.#isDecided()) this.#clock.advance(HANDSHAKE_MS);
      await turn();
      this.#expectRight(pieces);
    } finally {
      // Also for the next input.
      stream.close();
      for (let turns = 0; socket.peers.length > 0 && turns < TURNS; turns++) await turn();
    }
    this.#expectNothingLeft(socket);
  }

  async close(): Promise<void> {
    this.#handler?.close();
    this.#socket?.close();
    await this.#context.terminate();
  }

  #isDecided(): boolean {
    return this.#admitted + this.#reasons > 0;
  }

  #expectRight(pieces: readonly Buffer[]): void {
    const [delimiter, version, id, status, , user] = pieces.map((piece) => piece.toString('latin1'));
    const isGood = pieces.length === 7 && delimiter === '' && version === '1.0' && id === '1' && status === '200';
    hold(this.#admitted + this.#reasons === 1, `${this.#admitted} times let in, ${this.#reasons} times refused`);
    if (this.#admitted === 0) {
      hold(this.#users.length === 0, 'a message of a peer that was not let in');
      return;
    }
    hold(isGood && this.#manner !== 'never', 'let in by what is no word of a handler');
    hold(this.#users.length > 0, 'nothing of the peer that was let in');
    const told = Buffer.from(user!, 'latin1').toString();
    for (const known of this.#users) hold(known === told, `known as ${String(known)}`);
  }

  async #open(): Promise<Router> {
    const socket = new Router({ context: this.#context, linger: 0, handover: true, ...limits, ...this.#options });
    socket.events.on('handshake', () => this.#admitted++);
    for (const type of ['disconnect', 'handshake:error:auth', 'handshake:error:other', 'handshake:error:protocol'] as const)
      socket.events.on(type, ({ reason }) => {
        if (reason !== undefined && this.#admitted === 0) this.#reasons++;
      }); // prettier-ignore
    socket.onMessage((_message, peer) => void this.#users.push(peer.properties['User-Id']));
    await socket.bind('tcp://10.0.0.2:5');
    const { connections, handshakes } = stats();
    this.#gauges = { connections, handshakes };
    return socket;
  }

  async #bindHandler(): Promise<void> {
    if (this.#handler !== undefined) return;
    const handler = (this.#handler = new Router({ context: this.#context, linger: 0 }));
    handler.onMessage((request) => this.#answer(handler, request[0]!));
    await handler.bind(ZAP);
  }

  #answer(handler: Router, route: Buffer): void {
    this.#asked++;
    const manner = this.#manner;
    if (manner !== 'never') handler.trySend([route, ...this.#reply]);
    if (manner === 'and then well') handler.trySend([route, ...good]);
    if (manner !== 'and goes') return;
    this.#handler = undefined;
    handler.close();
  }

  #expectNothingLeft(socket: Router): void {
    hold(socket.peers.length === 0, `${socket.peers.length} peers are left`);
    const { connections, handshakes } = stats();
    hold(connections === this.#gauges.connections, `${connections} connections are left`);
    hold(handshakes === this.#gauges.handshakes, `${handshakes} handshakes are left`);
    hold(this.#clock.pending === 0, `${this.#clock.pending} timers are left`);
    hold((this.#handler?.peers.length ?? 0) === 0, 'the handler still has who asked');
  }
}

export function zapTargets(): Target[] {
  return [new ZapTarget('null', { zapDomain: 'games' }), new ZapTarget('plain', { plainServer: true })];
}
