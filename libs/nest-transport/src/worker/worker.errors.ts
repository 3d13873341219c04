import { ZmqTransportError } from '../zmq.errors.js';

/** As many `push()` calls wait as `maxWaiting` allows: the pool takes no more for now. */
export class ZmqPoolFullError extends ZmqTransportError {
  override readonly name = 'ZmqPoolFullError';
  readonly code = 'POOL_FULL';
  readonly pool: string;

  constructor(pool: string, maxWaiting: number) {
    super(
      `Pool '${pool}' is full: ${maxWaiting} tasks wait for a worker. Push less, add workers, or raise 'maxWaiting'.`,
    );
    this.pool = pool;
  }
}

/** Worker classes and registrations do not fit together. The message names the class and the way out. */
export class ZmqWorkerError extends ZmqTransportError {
  override readonly name = 'ZmqWorkerError';
  readonly code = 'INVALID_WORKER';
}

/** `pool.run()`: the task was done by a worker, and failed for good. */
export class ZmqTaskError extends ZmqTransportError {
  override readonly name = 'ZmqTaskError';
  readonly code = 'TASK_FAILED';
  readonly task: string;
  /** What its handler threw, as it came over the wire: `{ name, message, code?, … }`, or what an `RpcException` carried. */
  readonly error: unknown;
  /** How often it was run. */
  readonly attempts: number;

  constructor(task: string, error: unknown, attempts: number) {
    super(`Task '${task}' failed: ${messageIn(error)}`, { cause: error });
    this.task = task;
    this.error = error;
    this.attempts = attempts;
  }
}

/**
 * The task was delivered `maxDeliveries` times, and each time its worker was lost or silent before it had answered: the
 * task may be what kills the workers. It may also have been done, more than once.
 */
export class ZmqTaskLostError extends ZmqTransportError {
  override readonly name = 'ZmqTaskLostError';
  readonly code = 'TASK_LOST';
  readonly task: string;
  readonly attempts: number;

  constructor(task: string, attempts: number) {
    super(`Task '${task}' was lost with ${attempts} workers, one after the other, and is not delivered again`);
    this.task = task;
    this.attempts = attempts;
  }
}

/** Throw it in an `@OnTask` method to say that the task will never succeed: it is not run again, whatever `retry` says. */
export class ZmqFinalError extends ZmqTransportError {
  override readonly name = 'ZmqFinalError';
  readonly code = 'FINAL';
}

/**
 * A misspelt option would change nothing, and nobody would know.
 * @param where what to name in the error
 * @throws ZmqWorkerError
 */
export function refuseUnknown(options: object, known: readonly string[], where: string): void {
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown !== undefined) throw new ZmqWorkerError(`${where}.${unknown} is unknown; known: ${known.join(', ')}`);
}

/** What an error says that came over the wire. */
export function messageIn(error: unknown): string {
  if (typeof error === 'string') return error;
  const message = typeof error === 'object' && error !== null && 'message' in error ? error.message : undefined;
  return typeof message === 'string' ? message : 'its worker gave no message';
}
