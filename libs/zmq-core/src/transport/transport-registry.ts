import { ZmqError } from '../foundation/errors.js';
import type { Transport } from './transport.js';

/** The transports of one context, by scheme. */
export class TransportRegistry {
  readonly #byScheme = new Map<string, Transport>();

  constructor(transports: Iterable<Transport>) {
    for (const transport of transports) this.#byScheme.set(transport.scheme, transport);
  }

  /** Throws EPROTONOSUPPORT, naming the schemes there are. */
  get(scheme: string, endpoint: string): Transport {
    const transport = this.#byScheme.get(scheme);
    if (transport === undefined) {
      const known = [...this.#byScheme.keys()].map((name) => `${name}://`).join(', ');
      throw new ZmqError('EPROTONOSUPPORT', `"${endpoint}" has the unknown scheme ${scheme}://; known are ${known}`, {
        address: endpoint,
      });
    }
    return transport;
  }
}
