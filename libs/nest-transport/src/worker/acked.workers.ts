import { TaskDealerChannel } from '../channels/task-dealer.channel.js';
import { maxPayloadSize } from '../channels/socket.options.js';
import { PayloadCodecs } from '../packet/payload.codec.js';
import type { ZmqClock } from '../zmq.clock.js';
import { type AckCounts, AckedRunner } from './acked.runner.js';
import type { LogLimiter } from '../log.limiter.js';
import type { ZmqWorkersOptions } from './worker.options.js';
import type { WorkerSetup } from './worker.setup.js';

/** What workers with `ack: 'explicit'` count beside the rest. */
export interface ZmqWorkersAckStats extends Readonly<AckCounts> {
  /** Control messages of pools with a verb that this version does not know. */
  readonly unknownVerbs: number;
  /** Messages of pools that leave their answers unread (64 MiB or 100,000 of them wait): not answered, deliveries not run. */
  readonly unread: number;
}

/** The worker's end of a pool with acknowledgement. */
export class AckedWorkers {
  readonly runner: AckedRunner;
  readonly channel: TaskDealerChannel;
  readonly #clock: ZmqClock;

  constructor(pool: string, options: ZmqWorkersOptions, setup: WorkerSetup, clock: ZmqClock, log: LogLimiter) {
    const credit = setup.concurrency + (options.prefetch ?? 0);
    // A larger result would cost the connection, and with it all that is here.
    const codecs = new PayloadCodecs(options.codec, maxPayloadSize(options));
    this.#clock = clock;
    this.runner = new AckedRunner({ pool, ...setup, credit, clock, codecs, log });
    this.channel = new TaskDealerChannel(options, options, credit, this.runner);
  }

  stats(): ZmqWorkersAckStats {
    const { cancelled, handedBack, refused, duplicates, droppedAnswers, strayCancels } = this.runner.counts;
    const { unknownVerbs, unread } = this.channel;
    return { cancelled, handedBack, refused, duplicates, droppedAnswers, strayCancels, unknownVerbs, unread };
  }

  /**
   * Tells the pools to send nothing more, hands back what has not begun, finishes what has, and closes when every pool
   * has its answers.
   * @returns how many tasks were not finished within the grace period; they are handed back as begun
   */
  async stop(gracePeriod: number): Promise<number> {
    this.channel.stop();
    this.runner.stop();
    let graceIsOver!: () => void;
    const grace = new Promise<void>((resolve) => (graceIsOver = resolve));
    const timer = this.#clock.setTimer(gracePeriod, graceIsOver);
    await Promise.race([this.#quiet(), grace]);
    timer.cancel();
    const abandoned = this.runner.abandon();
    await this.channel.close();
    return abandoned;
  }

  async #quiet(): Promise<void> {
    await this.runner.idle();
    while (!this.channel.isQuiet()) await new Promise<void>((resolve) => (this.channel.onQuiet = resolve));
  }
}
