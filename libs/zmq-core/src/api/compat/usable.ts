import { ZmqError } from '../../foundation/errors.js';
import type { SocketCore } from '../../socket/socket-core.js';
import { asNpmError } from './failure.js';

const BLOCKED = 'Socket is blocked by a bind or unbind operation';

/**
 * Throws EBADF for a closed socket, and EBUSY while a bind or unbind is under way or a
 * proxy runs. One that is to be closed after its bind is still blocked.
 */
export function assertUsable(core: SocketCore): void {
  try {
    core.assertUsable();
  } catch (error) {
    const isBlocked = error instanceof ZmqError && error.code === 'EBADF' && !core.closed;
    throw asBusy(isBlocked ? new ZmqError('EBUSY') : error, BLOCKED);
  }
}

/** @param text of an EBUSY */
export function asBusy(error: unknown, text: string): unknown {
  return asNpmError(error, error instanceof ZmqError && error.code === 'EBUSY' ? text : undefined);
}
