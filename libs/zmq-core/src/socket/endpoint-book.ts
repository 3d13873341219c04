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
    | { readonly kind: 'binding'; readonly binding: PipeBinding };
}

/** What is bound and what is connected, by endpoint as it is stored: wildcards resolved. */
export class EndpointBook {
  readonly bound = new Map<string, EndpointEntry>();
  readonly connected = new Map<string, EndpointEntry[]>();
  last: string | null = null;

  get size(): number {
    return this.bound.size + this.connected.size;
  }

  addBound(endpoint: string, entry: EndpointEntry): void {
    this.bound.set(endpoint, entry);
    this.last = endpoint;
  }

  addConnected(endpoint: string, entry: EndpointEntry): void {
    const entries = this.connected.get(endpoint);
    this.connected.set(endpoint, [...(entries ?? []).filter(isAlive), entry]);
    this.last = endpoint;
  }

  /** Throws ENOENT, naming what is bound. */
  takeBound(endpoint: string): EndpointEntry {
    const entry = this.bound.get(endpoint);
    if (entry === undefined) throw noSuchEndpoint(endpoint, 'bound', this.bound.keys());
    this.bound.delete(endpoint);
    return entry;
  }

  /** Throws ENOENT, naming what is connected. */
  takeConnected(endpoint: string): EndpointEntry {
    const entries = this.connected.get(endpoint);
    const entry = entries?.shift();
    if (entries === undefined || entry === undefined)
      throw noSuchEndpoint(endpoint, 'connected', this.connected.keys());
    if (entries.length === 0) this.connected.delete(endpoint);
    return entry;
  }

  /** Everything, and forgets it. */
  takeAll(): EndpointEntry[] {
    const all = [...this.bound.values(), ...[...this.connected.values()].flat()];
    this.bound.clear();
    this.connected.clear();
    return all;
  }
}

/** An inproc connection whose peer is gone does not come back; one over bytes is dialled again. */
function isAlive({ link, pipes }: EndpointEntry): boolean {
  return link.kind !== 'binding' || pipes.size > 0;
}

function noSuchEndpoint(endpoint: string, what: string, known: Iterable<string>): ZmqError {
  const list = [...known].join(', ') || 'nothing';
  return new ZmqError('ENOENT', `${endpoint} is not ${what}; ${list} is`, { address: endpoint });
}
