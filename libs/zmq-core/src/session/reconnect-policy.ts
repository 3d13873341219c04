import { LONGEST_DELAY_MS } from '../foundation/clock.js';
import type { RandomSource } from '../foundation/random.js';
import type { SessionOptions } from './session-host.js';

type ReconnectOptions = Pick<SessionOptions, 'reconnectIntervalMs' | 'reconnectMaxIntervalMs' | 'reconnectJitter'>;

/** The bits of `reconnectStop` (`ZMQ_RECONNECT_STOP_…`): what ends the tries besides `reconnectInterval`. */
export const reconnectStops = { refused: 1, handshakeFailed: 2, disconnected: 4 } as const;

/**
 * How long to wait before the next dial, as libzmq does: without a maximum the
 * interval plus a random part of it, every time; with one the interval doubles up
 * to it, without chance, unless `reconnectJitter` takes a random part away.
 */
export class ReconnectPolicy {
  #last = 0;

  constructor(
    private readonly options: ReconnectOptions,
    private readonly random: RandomSource,
  ) {}

  /** Milliseconds; `undefined` = never. */
  next(): number | undefined {
    const { reconnectIntervalMs: interval, reconnectMaxIntervalMs: max } = this.options;
    if (interval <= 0) return undefined;
    if (max <= 0) return Math.min(interval + Math.floor(this.random.fraction() * interval), LONGEST_DELAY_MS);
    // Also a maximum below the interval holds from the first wait on. (libzmq's page says that it is ignored.)
    this.#last = Math.min(this.#last === 0 ? interval : this.#last * 2, max);
    return this.#jittered(this.#last);
  }

  /** The longest wait there is, for peers that refused us. */
  longest(): number | undefined {
    const { reconnectIntervalMs: interval, reconnectMaxIntervalMs: max } = this.options;
    return interval <= 0 ? undefined : this.#jittered(max > 0 ? max : interval);
  }

  /** After a successful connect the first wait is short again. */
  reset(): void {
    this.#last = 0;
  }

  #jittered(delay: number): number {
    return Math.ceil(delay * (1 - this.options.reconnectJitter * this.random.fraction()));
  }
}
