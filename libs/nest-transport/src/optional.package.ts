import { createRequire } from 'node:module';
import { ZmqMissingPackageError } from './zmq.errors.js';

const load = createRequire(import.meta.url);

/**
 * Loads a package that is an optional peer. At once, because options are read in
 * constructors; by `require`, so that it is the same copy that the application has.
 * @param neededBy what the error says needs it, for example `msgpackCodec()`
 * @throws ZmqMissingPackageError it is not installed
 */
export function loadOptional<T>(name: string, neededBy: string): T {
  try {
    return load(name) as T;
  } catch (cause) {
    // A package that is there and fails to load has another story to tell.
    if (!isMissing(cause, name)) throw cause;
    throw new ZmqMissingPackageError(name, neededBy, cause);
  }
}

function isMissing(error: unknown, name: string): boolean {
  if (typeof error !== 'object' || error === null || !('code' in error)) return false;
  return error.code === 'MODULE_NOT_FOUND' && messageOf(error).includes(`'${name}'`);
}

function messageOf(error: object): string {
  return 'message' in error ? String(error.message) : '';
}
