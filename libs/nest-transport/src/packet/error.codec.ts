import { RpcException } from '@nestjs/microservices';
import type { Frame } from './frames.js';
import { parseJson } from './safe-json.js';

/** In characters, of an error that cannot be written as it is. */
const MAX_PLAIN_MESSAGE = 10_000;

/**
 * The payload of `03`: always JSON. An `Error` becomes `{ name, message, code?, … }`
 * with its own enumerable properties; a value without truth (`undefined`, `0`, `''`)
 * becomes an error that says so; anything else goes as it is. Never throws, whatever was thrown.
 */
export function encodeError(error: unknown): Frame {
  try {
    const text = JSON.stringify(errorShape(error));
    if (text !== undefined) return text;
  } catch {
    // Cyclic, with a BigInt or a getter that throws, or longer than a string can be: at least its name and message.
  }
  return JSON.stringify(plainError(error));
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
  const from = typeof error === 'object' && error !== null ? error : { message: textOf(error) };
  const [name, message, code] = ['name', 'message', 'code'].map((key) => valueOf(from, key));
  return {
    name: typeof name === 'string' ? name : 'Error',
    // A text may be what made it too long to be written.
    message: typeof message === 'string' ? message.slice(0, MAX_PLAIN_MESSAGE) : 'The error cannot be written as JSON',
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
  };
}

function valueOf(from: object, key: string): unknown {
  try {
    return (from as Record<string, unknown>)[key];
  } catch {
    return undefined;
  }
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
