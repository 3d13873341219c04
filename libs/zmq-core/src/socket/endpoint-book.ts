import { ZmqError } from '../foundation/errors.js';
import type { PipeEnd } from '../pipe/pipe.js';
import type { Acceptor } from '../session/acceptor.js';
import type { Dialer } from '../session/dialer.js';
import type { PipeBinding } from '../transport/transport.js';

/** One bound or connected endpoint and the pipes that came through it. */
export interface EndpointEntry {
  readonly pipes: Set<PipeEnd>;
  readonly link:
    | { readonly kind: 'acceptor'; readonly acceptor: Acceptor }
    | { readonly kind: 'dialer'; readonly dialer: Dialer }
    /** Over inproc. */
    | { readonly kind: 'binder' | 'connecter'; readonly binding: PipeBinding };
}

/** What is bound and what is connected, by endpoint as it is stored: wildcards resolved. */
export class EndpointBook {
  readonly #bound = new Map<string, EndpointEntry>();
  /** Other texts for what is bound. */
  readonly #aliases = new Map<string, string>();
  readonly #connected = new Map<string, EndpointEntry[]>();
  last: string | null = null;

  get size(): number {
    return this.#bound.size + this.#connected.size;
  }

  isConnected(endpoint: string): boolean {
    return this.#connected.has(endpoint);
  }

  addBound(endpoint: string, entry: EndpointEntry, alias?: string): void {
    this.#bound.set(endpoint, entry);
    if (alias !== undefined) this.#aliases.set(alias, endpoint);
    this.last = endpoint;
  }

  addConnected(endpoint: string, entry: EndpointEntry): void {
    const entries = this.#connected.get(endpoint);
    this.#connected.set(endpoint, [...(entries ?? []).filter(isAlive), entry]);
    this.last = endpoint;
  }

  /** Forgets one connection that has ended for good. */
  removeConnected(endpoint: string, entry: EndpointEntry): void {
    const rest = this.#connected.get(endpoint)?.filter((other) => other !== entry);
    if (rest === undefined || rest.length === 0) this.#connected.delete(endpoint);
    else this.#connected.set(endpoint, rest);
  }

  /** For `unbind`. libzmq has one call for both, so what is only connected is taken too. Throws ENOENT, naming what is bound. */
  takeBound(endpoint: string): EndpointEntry[] {
    const entries = this.#takeBound(endpoint) ?? this.#takeConnected(endpoint);
    if (entries === undefined) throw noSuchEndpoint(endpoint, 'bound', this.#bound.keys());
    return entries;
  }

  /** For `disconnect`: all connections to the endpoint, as libzmq, or else what is bound. Throws ENOENT, naming what is connected. */
  takeConnected(endpoint: string): EndpointEntry[] {
    const entries = this.#takeConnected(endpoint) ?? this.#takeBound(endpoint);
    if (entries === undefined) throw noSuchEndpoint(endpoint, 'connected', this.#connected.keys());
    return entries;
  }

  all(): EndpointEntry[] {
    return [...this.#bound.values(), ...[...this.#connected.values()].flat()];
  }

  /** Everything, and forgets it. */
  takeAll(): EndpointEntry[] {
    const all = this.all();
    this.#bound.clear();
    this.#aliases.clear();
    this.#connected.clear();
    return all;
  }

  #takeBound(text: string): EndpointEntry[] | undefined {
    const endpoint = this.#bound.has(text) ? text : (this.#aliases.get(text) ?? text);
    const entry = this.#bound.get(endpoint);
    if (entry === undefined) return undefined;
    this.#bound.delete(endpoint);
    for (const [alias, aliased] of this.#aliases) if (aliased === endpoint) this.#aliases.delete(alias);
    return [entry];
  }

  #takeConnected(endpoint: string): EndpointEntry[] | undefined {
    const entries = this.#connected.get(endpoint);
    this.#connected.delete(endpoint);
    return entries;
  }
}

/** An inproc connection whose peer is gone does not come back; one over bytes is dialled again. */
function isAlive({ link, pipes }: EndpointEntry): boolean {
  return link.kind !== 'connecter' || pipes.size > 0;
}

function noSuchEndpoint(endpoint: string, what: string, known: Iterable<string>): ZmqError {
  const list = [...known].join(', ') || 'nothing';
  return new ZmqError('ENOENT', `${endpoint} is not ${what}; ${list} is`, { address: endpoint });
}
