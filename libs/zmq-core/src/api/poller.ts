import type { Timer } from '../foundation/clock.js';
import { ZmqError } from '../foundation/errors.js';
import { soon } from '../foundation/turns.js';
import type { ContextCore } from '../socket/context-core.js';
import { onAbort } from '../socket/on-abort.js';
import { Yielding } from '../socket/yielding.js';
import { type Context, context as defaultContext, coreOfContext } from './context.js';
import { type Pollable, type Polled, PolledSocket, type PollEvents, type Readiness } from './polled.js';
import { PolledStream } from './polled-stream.js';
import { coreOf, Socket } from './socket.js';

/** One item of a `poll` that is ready, or that can never be again (`error`). */
export interface PollResult extends Readiness {
  readonly item: Pollable;
}

export interface PollerOptions {
  /** Whose clock counts the time-outs. Its sockets are not the only ones that can be polled. Default: the global `context`. */
  readonly context?: Context;
}

interface Entry {
  readonly item: Pollable;
  readonly polled: Polled;
  events: PollEvents;
  unwatch: (() => void) | undefined;
}

interface WaitingPoll {
  readonly resolve: (ready: PollResult[]) => void;
  readonly reject: (reason: unknown) => void;
  timer?: Timer | undefined;
  ignoreAbort?: (() => void) | undefined;
}

/**
 * Waits for any of many sockets and Node streams to be readable or writable
 * (libzmq's `zmq_poller`). It is level-triggered: what is ready is reported by every
 * `poll` until it was received, read, sent or written, or is asked for no more.
 *
 *     const poller = new Poller();
 *     poller.add(worker);
 *     poller.add(process.stdin);
 *     for await (const ready of poller) for (const { item } of ready) …
 *
 * A poller that nobody polls costs its sockets nothing, and does not keep them.
 */
export class Poller implements AsyncIterable<PollResult[]> {
  readonly #context: ContextCore;
  readonly #entries = new Map<Pollable, Entry>();
  readonly #yielding = new Yielding();
  /** Of those that changed since the last look. */
  readonly #changed = new Set<Entry>();
  #waiting: WaitingPoll | undefined;

  constructor({ context = defaultContext }: PollerOptions = {}) {
    this.#context = coreOfContext(context);
  }

  /** How many items there are. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * Polls one more item; by default for `readable`. Without any event only its end is
   * reported. Throws EINVAL when it is there already, ENOTSUP for a descriptor: wrap it
   * in a stream (`new net.Socket({ fd })`, `new tty.ReadStream(fd)`).
   *
   * A stream that is polled for `readable` is to be read by `read()`. Errors of a stream
   * are reported by `poll`, and so are not uncaught.
   */
  add(item: Pollable, events: PollEvents = { readable: true }): void {
    if (this.#entries.has(item)) throw new ZmqError('EINVAL', 'the poller has this item already; modify() changes it');
    checkEvents(events);
    const entry: Entry = { item, polled: polledOf(item, events), events: { ...events }, unwatch: undefined };
    this.#entries.set(item, entry);
    if (this.#waiting === undefined) return;
    this.#watch(entry);
    this.#onChange(entry);
  }

  /** Polls an item for something else. Throws EINVAL when the poller does not have it. */
  modify(item: Pollable, events: PollEvents): void {
    const entry = this.#entryOf(item);
    checkEvents(events);
    if (entry.polled instanceof PolledStream) entry.polled.want(events);
    entry.events = { ...events };
    this.#onChange(entry);
  }

  /** Polls an item no more. Throws EINVAL when the poller does not have it. */
  remove(item: Pollable): void {
    const entry = this.#entryOf(item);
    this.#entries.delete(item);
    this.#changed.delete(entry);
    entry.unwatch?.();
    entry.polled.release();
    if (this.#entries.size === 0) this.#settle()?.resolve([]);
  }

  /**
   * The items that are ready now, or else the first that become ready: at least one,
   * and none when the time is up or the last item was removed.
   *
   * A closed socket is reported, by every poll, with an `error` (EBADF; ETERM when its
   * context was shut down; EBUSY while a `Proxy` has it), a stream with its own error, or
   * with EBADF when it was closed without one. Remove them.
   *
   * Keeps the process alive while it waits. A loop of polls that need not wait lets
   * timers and I/O run now and then.
   *
   * @param timeoutMs how long to wait: 0 = look only, -1 (the default) = without limit
   * @throws EBUSY while another poll waits, EINVAL to wait without limit for nothing
   */
  poll(timeoutMs = -1, { signal }: { readonly signal?: AbortSignal } = {}): Promise<PollResult[]> {
    if (typeof timeoutMs !== 'number') throw new TypeError(`timeoutMs must be a number, not ${String(timeoutMs)}`);
    if (!(timeoutMs >= -1)) throw new ZmqError('EINVAL', `timeoutMs is ${timeoutMs}; it must be -1 or more`);
    if (this.#waiting !== undefined)
      throw new ZmqError('EBUSY', 'polling; only one poll may be in progress at any time');
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    const ready = this.#ready();
    if (ready.length > 0 || timeoutMs === 0) return this.#yielding.doneWith(ready);
    if (this.#entries.size === 0 && timeoutMs < 0)
      throw new ZmqError('EINVAL', 'there is nothing to wait for; add() an item first, or give a time');
    return new Promise((resolve, reject) => {
      const waiting: WaitingPoll = { resolve, reject };
      this.#waiting = waiting;
      this.#context.keepAlive.hold();
      for (const entry of this.#entries.values()) this.#watch(entry);
      if (timeoutMs > 0) waiting.timer = this.#context.clock.setTimer(timeoutMs, () => this.#settle()?.resolve([]));
      waiting.ignoreAbort = onAbort(signal, (reason) => this.#settle()?.reject(reason));
    });
  }

  /** What is ready, poll after poll, until no item is left. */
  async *[Symbol.asyncIterator](): AsyncIterator<PollResult[], undefined> {
    while (this.#entries.size > 0) {
      const ready = await this.poll();
      if (ready.length > 0) yield ready;
    }
  }

  #entryOf(item: Pollable): Entry {
    const entry = this.#entries.get(item);
    if (entry === undefined) throw new ZmqError('EINVAL', 'the poller does not have this item; add() it first');
    return entry;
  }

  #ready(): PollResult[] {
    const ready: PollResult[] = [];
    for (const { item, polled, events } of this.#entries.values()) {
      const readiness = polled.readiness(events);
      if (readiness !== undefined) ready.push({ item, ...readiness });
    }
    return ready;
  }

  #watch(entry: Entry): void {
    entry.unwatch = entry.polled.watch(() => this.#onChange(entry));
  }

  /** Many changes of one turn are one look. */
  #onChange(entry: Entry): void {
    if (this.#waiting === undefined) return;
    if (this.#changed.size === 0) soon(this.#look);
    this.#changed.add(entry);
  }

  readonly #look = (): void => {
    const changed = [...this.#changed];
    this.#changed.clear();
    if (this.#waiting === undefined) return;
    if (changed.every(({ polled, events }) => polled.readiness(events) === undefined)) return;
    const ready = this.#ready();
    this.#settle()?.resolve(ready);
  };

  #settle(): WaitingPoll | undefined {
    const waiting = this.#waiting;
    if (waiting === undefined) return undefined;
    this.#waiting = undefined;
    waiting.timer?.cancel();
    waiting.ignoreAbort?.();
    for (const entry of this.#entries.values()) {
      entry.unwatch?.();
      entry.unwatch = undefined;
    }
    this.#yielding.reset();
    this.#context.keepAlive.release();
    return waiting;
  }
}

function polledOf(item: unknown, events: PollEvents): Polled {
  if (item instanceof Socket) return new PolledSocket(coreOf(item));
  if (typeof item === 'number') {
    throw new ZmqError(
      'ENOTSUP',
      `${item} is a descriptor, which cannot be polled here; wrap it in a stream, for example new net.Socket({ fd: ${item} })`,
    );
  }
  if (typeof item !== 'object' || item === null || !PolledStream.isStream(item))
    throw new TypeError('The item must be a socket or a stream');
  const stream = new PolledStream(item);
  try {
    stream.want(events);
  } catch (error) {
    stream.release();
    throw error;
  }
  return stream;
}

function checkEvents(events: unknown): asserts events is PollEvents {
  if (typeof events !== 'object' || events === null) throw new TypeError('Events must be an object');
  const { readable, writable } = events as Record<string, unknown>;
  for (const value of [readable, writable])
    if (value !== undefined && typeof value !== 'boolean') throw new TypeError('readable and writable must be boolean');
}
