import { ZmqTransportError } from '../zmq.errors.js';

/** As many `push()` calls wait for a worker as `maxWaiting` allows: the pool takes no more for now. */
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

/**
 * A misspelt option would change nothing, and nobody would know.
 * @param where what to name in the error
 * @throws ZmqWorkerError
 */
export function refuseUnknown(options: object, known: readonly string[], where: string): void {
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown !== undefined) throw new ZmqWorkerError(`${where}.${unknown} is unknown; known: ${known.join(', ')}`);
}
