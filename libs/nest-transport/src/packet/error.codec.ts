import { RpcException } from '@nestjs/microservices';
import type { Frame } from './frames.js';
import { parseJson } from './safe-json.js';

/** In characters, of an error that cannot be written as it is. */
const MAX_PLAIN_MESSAGE = 10_000;

/**
 * The payload of `03`: always JSON. An `Error` becomes `{ name, message, code?, … }`
 * with its own enumerable properties; a value without truth (`undefined`, `0`, `''`)
 * becomes an error that says so; anything else goes as it is.
 */
export function encodeError(error: unknown): Frame {
  const shape = errorShape(error);
  try {
    return JSON.stringify(shape) ?? JSON.stringify(plainError(error));
  } catch {
    // Cyclic, with a BigInt, or longer than a string can be: at least its name and message.
    return JSON.stringify(plainError(error));
  }
}

/** What a caller gets. Never without truth, because Nest takes such an error for a value. */
export function decodeError(payload: Buffer): unknown {
  let error: unknown;
  try {
    error = payload.length === 0 ? undefined : parseJson(payload);
  } catch {
    error = payload.toString();
  }
  return error ? error : plainError(error);
}

function errorShape(error: unknown): unknown {
  if (error instanceof RpcException) {
    const carried = error.getError();
    return typeof carried === 'string' ? { status: 'error', message: carried } : carried;
  }
  if (error instanceof Error) {
    if ('toJSON' in error) return error;
    return Object.assign({ name: error.name, message: error.message }, error);
  }
  return error ? error : plainError(error);
}

function plainError(error: unknown): object {
  const { name, message, code } = (
    typeof error === 'object' && error !== null ? error : { message: textOf(error) }
  ) as Record<string, unknown>;
  return {
    name: typeof name === 'string' ? name : 'Error',
    // A text may be what made it too long to be written.
    message: typeof message === 'string' ? message.slice(0, MAX_PLAIN_MESSAGE) : 'The error cannot be written as JSON',
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
  };
}

function textOf(value: unknown): string {
  return typeof value === 'function' ? `[function ${value.name}]` : String(value);
}

/** What the server itself answers with `03`. */
export interface WireError {
  readonly name: string;
  readonly message: string;
  readonly code: string;
}

export function wireError(name: string, code: string, message: string): WireError {
  return { name, message, code };
}
