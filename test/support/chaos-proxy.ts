import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { Clock } from '@nest-zmq/core';
import { Dice } from './dice.js';
import { nextTurn } from './raw-peer.js';

/** Whose bytes: of the side that connected to the proxy, or of the one that the proxy connects to. */
export type Speaker = 'connecter' | 'binder';

/** What becomes of the bytes of one side. Left out: nothing. */
export interface Weather {
  /** Bytes are passed on in pieces of random sizes, with turns of the event loop between some. */
  readonly split?: boolean;
  /** The chance of each piece to have one of its bits flipped. */
  readonly flip?: number;
  /** This bit of what the side says in each connection is flipped, counted from its first. */
  readonly flipAt?: number;
  /** No bit before this many bytes of a connection is flipped: to let a handshake pass. */
  readonly flipFrom?: number;
  /** The chance of each piece to end the connection behind a random part of it, by FIN or by RST. */
  readonly cut?: number;
  readonly reset?: number;
  /** The chance of each piece to stop the side for a time. */
  readonly stall?: number;
  /** What is passed on comes later by this time of the clock, and a stall takes as long; without it both take turns of the event loop. */
  readonly delayMs?: number;
}

export interface ChaosOptions {
  readonly seed: number;
  /** Both sides have it, unless `setWeather` says otherwise. */
  readonly weather?: Weather;
  /** For `delayMs`. */
  readonly clock?: Clock;
}

const PIECES = [1, 2, 3, 9, 10, 63, 64, 70, 255, 1000, 8192, 100_000];
/** Turns of the event loop that a stall takes without a clock. */
const STALL_TURNS = 50;
/** In which the other side reads what came before a RST. */
const RESET_TURNS = 5;

/**
 * Stands between two sides of tcp connections, and does to their bytes what a bad network, or
 * a bad neighbour, does: delays them, cuts them into pieces, flips bits, holds one side, ends
 * connections in the middle, in order (FIN) or not (RST). Both directions, each as it is told;
 * what it does at random it does again with the same seed, if the sides say the same.
 */
export class ChaosProxy {
  /** Connections that there were, and what was done to them. */
  readonly done = { connections: 0, pieces: 0, flips: 0, cuts: 0, resets: 0, stalls: 0 };
  readonly #server: Server;
  readonly #target: URL;
  readonly #dice: Dice;
  readonly #clock: Clock | undefined;
  readonly #weather: Record<Speaker, Weather>;
  readonly #held = new Set<Speaker>();
  #unplugged = false;
  readonly #sockets = new Set<Socket>();
  #release: (() => void)[] = [];

  private constructor(server: Server, target: string, { seed, weather = {}, clock }: ChaosOptions) {
    this.#server = server;
    this.#target = new URL(target.replace('tcp:', 'http:'));
    this.#dice = new Dice(seed);
    this.#clock = clock;
    this.#weather = { connecter: weather, binder: weather };
    server.on('connection', (near) => {
      this.done.connections++;
      const far = connect({ port: Number(this.#target.port), host: this.#target.hostname, allowHalfOpen: true });
      void this.#pass('connecter', near, far);
      void this.#pass('binder', far, near);
    });
  }

  /** @param target the endpoint to connect to: `tcp://127.0.0.1:5555` */
  static async start(target: string, options: ChaosOptions): Promise<ChaosProxy> {
    const server = createServer({ allowHalfOpen: true });
    const proxy = new ChaosProxy(server, target, options);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get endpoint(): string {
    return `tcp://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** From the next piece on. */
  setWeather(weather: Weather, ...speakers: readonly Speaker[]): void {
    for (const speaker of speakers.length > 0 ? speakers : (['connecter', 'binder'] as const))
      this.#weather[speaker] = weather;
  }

  /** Nothing that the side says passes any more, and nothing is read from it: its own kernel fills. */
  stall(speaker: Speaker): void {
    this.#held.add(speaker);
  }

  resume(speaker: Speaker): void {
    this.#held.delete(speaker);
    for (const release of this.#release.splice(0)) release();
  }

  /** A pulled plug: nothing passes either way, and neither side hears that the other one has ended a connection. */
  unplug(): void {
    this.#unplugged = true;
    this.stall('connecter');
    this.stall('binder');
  }

  plugIn(): void {
    this.#unplugged = false;
    this.resume('connecter');
    this.resume('binder');
  }

  /** Ends all connections in the middle of whatever is said. */
  cutAll(how: 'end' | 'reset'): void {
    for (const socket of this.#sockets) breakOff(socket, how);
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    this.plugIn();
    await closed;
  }

  async #pass(speaker: Speaker, from: Socket, to: Socket): Promise<void> {
    this.#sockets.add(from);
    from.setNoDelay(true);
    from.on('error', () => {});
    from.once('close', () => {
      this.#sockets.delete(from);
      void this.#untilPlugged().then(() => to.destroy());
    });
    let passed = 0;
    try {
      for await (const chunk of from.iterator({ destroyOnReturn: false })) {
        for (const piece of this.#piecesOf(chunk as Buffer, this.#weather[speaker])) {
          await this.#waitFor(speaker);
          if (to.destroyed) return;
          if (!this.#spoil(piece, passed, this.#weather[speaker], to)) return;
          passed += piece.length;
          if (!to.write(piece) && to.writableNeedDrain) await Promise.race([once(to, 'drain'), once(to, 'close')]);
        }
      }
      await this.#untilPlugged();
      to.end();
    } catch {
      await this.#untilPlugged();
      to.destroy();
    }
  }

  async #untilPlugged(): Promise<void> {
    while (this.#unplugged) await new Promise<void>((resolve) => this.#release.push(resolve));
  }

  *#piecesOf(chunk: Buffer, { split }: Weather): Generator<Buffer> {
    for (let at = 0; at < chunk.length;) {
      const piece = split ? chunk.subarray(at, at + this.#dice.pick(PIECES)) : chunk.subarray(at);
      at += piece.length;
      this.done.pieces++;
      yield piece;
    }
  }

  async #waitFor(speaker: Speaker): Promise<void> {
    const { split, stall = 0, delayMs } = this.#weather[speaker];
    const stalls = stall > 0 && this.#dice.chance(stall);
    if (stalls) this.done.stalls++;
    const clock = this.#clock;
    if (delayMs !== undefined && clock !== undefined)
      await new Promise<void>((resolve) => clock.setTimer(stalls ? 2 * delayMs : delayMs, resolve));
    else if (stalls) for (let turn = 0; turn < STALL_TURNS; turn++) await nextTurn();
    else if (split && this.#dice.chance(0.1)) await nextTurn();
    while (this.#held.has(speaker)) await new Promise<void>((resolve) => this.#release.push(resolve));
  }

  /** False when it ended the connection. */
  #spoil(piece: Buffer, passed: number, weather: Weather, to: Socket): boolean {
    const { flip = 0, flipFrom = 0, flipAt = -1, cut = 0, reset = 0 } = weather;
    const byte = Math.floor(flipAt / 8) - passed;
    if (byte >= 0 && byte < piece.length) {
      piece[byte]! ^= 1 << (flipAt % 8);
      this.done.flips++;
    }
    if (flip > 0 && passed >= flipFrom && this.#dice.chance(flip)) {
      piece[this.#dice.below(piece.length)]! ^= 1 << this.#dice.below(8);
      this.done.flips++;
    }
    const how = reset > 0 && this.#dice.chance(reset) ? 'reset' : cut > 0 && this.#dice.chance(cut) ? 'end' : undefined;
    if (how === undefined) return true;
    this.done[how === 'end' ? 'cuts' : 'resets']++;
    to.write(piece.subarray(0, this.#dice.below(piece.length + 1)), () => void breakOffLater(to, how));
    return false;
  }
}

/** A RST that comes together with the last bytes looks like a FIN to Node, so those are to be read first. */
async function breakOffLater(socket: Socket, how: 'end' | 'reset'): Promise<void> {
  if (how === 'reset') for (let turn = 0; turn < RESET_TURNS; turn++) await nextTurn();
  breakOff(socket, how);
}

function breakOff(socket: Socket, how: 'end' | 'reset'): void {
  if (how === 'end') socket.end(() => socket.destroy());
  else socket.resetAndDestroy();
}
