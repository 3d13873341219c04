import type { ZmqHeaders } from '../packet/metadata.codec.js';
import type { LogLimiter } from '../log.limiter.js';
import { detailOf } from './task.failures.js';

/** Why a task is given up. */
export type ZmqDeadLetterReason =
  /** A worker said so: its last attempt threw, or it cannot be run there. */
  | 'failed'
  /** Its workers were lost or silent, `maxDeliveries` times. */
  | 'lost'
  /** Its deadline passed. */
  | 'expired'
  /** The pool closed before it was answered. */
  | 'closed';

/** A pushed task that is given up: what `onDeadLetter` and an `@OnDeadLetter()` method get. */
export interface ZmqDeadLetter<TData = unknown> {
  readonly pool: string;
  readonly task: string;
  /** The task's data, decoded anew; its bytes when they cannot be decoded here. */
  readonly data: TData;
  readonly headers: ZmqHeaders;
  readonly reason: ZmqDeadLetterReason;
  /** What the worker's handler threw, as it came over the wire; else an error that says the reason. */
  readonly error: unknown;
  /** How often it was run, or may have been. */
  readonly attempts: number;
}

/** What it throws is logged. */
export type ZmqDeadLetterHook = (letter: ZmqDeadLetter) => unknown;

/** Who is told of the tasks that a pool gives up. Without anybody they are logged. */
export class DeadLetters {
  readonly #log: LogLimiter;
  readonly #hooks: ZmqDeadLetterHook[] = [];
  readonly #running = new Set<Promise<unknown>>();
  #count = 0;

  constructor(log: LogLimiter) {
    this.#log = log;
  }

  /** How many there were. */
  get count(): number {
    return this.#count;
  }

  /** Whether anybody is told. */
  get hooked(): boolean {
    return this.#hooks.length > 0;
  }

  add(hook: ZmqDeadLetterHook): void {
    this.#hooks.push(hook);
  }

  /** @param make called when there is somebody to tell */
  tell(task: string, why: () => string, make: () => ZmqDeadLetter): void {
    this.#count++;
    if (this.#hooks.length === 0) {
      this.#log.log(`dead letter ${task}`, () => `Task '${task}' is given up: ${why()} (nobody has @OnDeadLetter())`);
      return;
    }
    const letter = make();
    for (const hook of this.#hooks) {
      const running: Promise<unknown> = this.#call(hook, letter).finally(() => this.#running.delete(running));
      this.#running.add(running);
    }
  }

  /** Resolves when the hooks that run now have returned. */
  async settled(): Promise<void> {
    await Promise.all(this.#running);
  }

  /** Never rejects. */
  async #call(hook: ZmqDeadLetterHook, letter: ZmqDeadLetter): Promise<void> {
    try {
      await hook(letter);
    } catch (error) {
      this.#log.log(
        `hook ${letter.task}`,
        () => `A hook for dead letters threw for task '${letter.task}': ${detailOf(error)}`,
      );
    }
  }
}
