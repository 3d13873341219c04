import { errnoOf, textOf, ZmqError } from '../../foundation/errors.js';
import type { ErrnoError } from './events.js';

/**
 * zeromq.js' error for one of ours: a plain `Error` with the standard text word for word,
 * and `errno`, `code`, `address` in this order. Ours, which says what exactly was wrong
 * and the way out, is its `cause`. Any other error stays as it is.
 * @param text in place of the code's standard text
 */
export function asNpmError(error: unknown, text?: string): unknown {
  if (!(error instanceof ZmqError)) return error;
  const message = text ?? textOf(error.code) ?? error.message;
  const { errno, code, address } = error;
  const plain = new Error(message, message === error.message ? undefined : { cause: error });
  return Object.assign(plain, { errno, code }, address === undefined ? {} : { address });
}

/** The same for the `error` of an event, also one of Node, which counts downwards from 0. Its address is the event's. */
export function asNpmEventError(error: NodeJS.ErrnoException): ErrnoError {
  const { code = '', errno = 0, message } = error;
  const text = textOf(code) ?? message;
  const plain = new Error(text, text === message ? undefined : { cause: error });
  return Object.assign(plain, { errno: errnoOf(code) || Math.abs(errno), code });
}

/** For `promise.catch`. */
export function rejectAsNpm(error: unknown): never {
  throw asNpmError(error);
}

/** Runs what may throw one of our errors. */
export function attempt<Result>(operation: () => Result): Result {
  try {
    return operation();
  } catch (error) {
    throw asNpmError(error);
  }
}
