import { ZmqError } from '../foundation/errors.js';

/** An endpoint in its two parts: `tcp://127.0.0.1:5555` is `tcp` and `127.0.0.1:5555`. */
export interface Endpoint {
  readonly scheme: string;
  readonly address: string;
}

/** Throws EINVAL unless `text` has the form `scheme://address`, both not empty. */
export function parseEndpoint(text: string): Endpoint {
  const at = text.indexOf('://');
  if (at <= 0 || at + 3 >= text.length) {
    throw new ZmqError(
      'EINVAL',
      `"${text}" is not an endpoint; write scheme://address, for example tcp://127.0.0.1:5555`,
      {
        address: text,
      },
    );
  }
  return { scheme: text.slice(0, at), address: text.slice(at + 3) };
}

export function formatEndpoint(scheme: string, address: string): string {
  return `${scheme}://${address}`;
}
