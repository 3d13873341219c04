import { type Context, createContext, Dealer, Router, type SocketOptions, stats } from '@nest-zmq/core';
import { Bystander } from './bystander.js';
import { curveClient, curveServer } from './curve.js';
import { bytesAtRest, type Holdings, holdings, untilGivenBack, usedBytes } from './holdings.js';
import { RawPeer } from './raw-peer.js';
import { EventLog } from './stage.js';
import { countedSince, type StillClock, UNRELATED_BYTES } from './trial.js';

/**
 * What is around a test of security: time that it moves, a context, a healthy pair beside. At its
 * end everything must be as it was: connections, descriptors, timers and memory.
 */
export class Surroundings {
  readonly context: Context;
  /** What is to be closed at the end, the last first. */
  readonly closers: (() => void | Promise<void>)[] = [];
  bystander!: Bystander;
  readonly #before: Holdings;
  readonly #usedBefore: number;

  private constructor(readonly clock: StillClock) {
    this.#usedBefore = usedBytes();
    this.#before = holdings();
    this.context = createContext({ clock });
  }

  static async begin(clock: StillClock): Promise<Surroundings> {
    const around = new Surroundings(clock);
    around.bystander = await Bystander.start();
    return around;
  }

  async end(): Promise<void> {
    await this.#close();
    await untilGivenBack(this.#before);
    if (this.clock.pending > 0) throw new Error(`${this.clock.pending} timers are left`);
    const grownBy = (await bytesAtRest()) - this.#usedBefore;
    if (grownBy > UNRELATED_BYTES) throw new Error(`${grownBy} bytes more are used than before`);
  }

  /** By itself, so that nothing of it is held when memory is looked at. */
  async #close(): Promise<void> {
    await this.bystander.stop();
    for (const close of this.closers.splice(0).toReversed()) await close();
    await this.context.terminate();
  }
}

/** The library of CURVE is loaded once, and stays: that is not to be counted to the first test. */
export async function loadCurve(): Promise<void> {
  const context = createContext({});
  const router = new Router({ context, linger: 0, ...curveServer });
  const dealer = new Dealer({ context, linger: 0, ...curveClient });
  await router.bind('tcp://127.0.0.1:*');
  dealer.connect(router.lastEndpoint!);
  await dealer.send('hello');
  await router.receive();
  await context.terminate();
}

/** A ROUTER with one good peer of its own, that others try to get past. */
export class Guarded {
  readonly router: Router;
  readonly good: Dealer;
  readonly events: EventLog;
  counted = stats().counters;
  readonly #around: Surroundings;

  constructor(around: Surroundings, serverOptions: SocketOptions<'ROUTER'>, clientOptions: SocketOptions<'DEALER'>) {
    const { context, closers } = around;
    this.#around = around;
    this.router = new Router({ context, linger: 0, ...serverOptions });
    this.good = new Dealer({ context, linger: 0, routingId: 'good peer', ...clientOptions });
    this.events = new EventLog(this.router);
    closers.push(() => this.router.close());
    closers.push(() => this.good.close());
  }

  async open(): Promise<this> {
    await this.router.bind('tcp://127.0.0.1:*');
    this.good.connect(this.router.lastEndpoint!);
    await this.exchange();
    this.forget();
    return this;
  }

  /** What happens from now on is looked at. */
  forget(): void {
    this.events.mark();
    this.counted = stats().counters;
  }

  /** Throws if the ROUTER gets anything else first. */
  async exchange(): Promise<void> {
    await this.good.send('question');
    expect((await this.router.receive()).map(String)).toEqual(['good peer', 'question']);
    await this.router.send(['good peer', 'answer']);
    expect((await this.good.receive()).map(String)).toEqual(['answer']);
  }

  async raw(): Promise<RawPeer> {
    const peer = await RawPeer.connect(this.router.lastEndpoint!);
    this.#around.closers.push(() => peer.destroy());
    return peer;
  }

  /** That one peer was refused: one event has a reason, one counter grew, the good peer is served, and nothing came of the other. */
  async expectRefusal(counter: string): Promise<void> {
    await this.#around.bystander.during(this.events.until('disconnect'));
    await this.exchange();
    expect(this.events.reasons).toHaveLength(1);
    expect(countedSince(this.counted)).toEqual({ [counter]: 1 });
  }
}
