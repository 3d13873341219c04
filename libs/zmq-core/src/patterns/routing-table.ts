import type { RandomSource } from '../foundation/random.js';
import { PipeSlot } from './pipe-rotation.js';

/** A ROUTER's peer. Its pipe can be written to once it has an id. */
export class Route extends PipeSlot {
  /** The first frame of each of its messages: one object for all of them, not to be changed by anybody. */
  id: Buffer | undefined;
  /** The id was made by us, not announced. */
  generated = false;
  /** The id was given by `connect`, and outlives what peers announce. */
  named = false;
}

const { imul } = Math;
const GENERATED_SIZE = 5;
/** Above it a native string is cheaper than our own hash. */
const HASHED_SIZE = 64;

/**
 * Routing id ⇄ pipe (28/REQREP, ROUTER). Ids are unique; those made here are 0x00
 * and a 32-bit counter from a random start, which no peer may announce.
 *
 * The lookup is the cost of a routed message, so it makes no string where it can
 * do without (with 1,000 peers: 9 ns by number and 30 ns by hash against 100 ns):
 * a generated id is its counter, an announced one the hash of its bytes. The seed
 * is secret, and ids that share a hash go into a map of strings, so a peer cannot
 * choose ids that make the lookup slow.
 */
export class RoutingTable {
  readonly #byCounter = new Map<number, Route>();
  readonly #byHash = new Map<number, Route>();
  /** Keyed by latin1: those whose hash was taken, and very long ones. */
  readonly #byText = new Map<string, Route>();
  readonly #seed: number;
  #counter: number;

  constructor(random: RandomSource) {
    this.#seed = random.bytes(4).readInt32BE();
    this.#counter = random.bytes(4).readInt32BE();
  }

  find(id: Buffer): Route | undefined {
    if (isGenerated(id)) return this.#byCounter.get(counterOf(id));
    if (id.length <= HASHED_SIZE) {
      const route = this.#byHash.get(this.#hash(id));
      if (route !== undefined && sameBytes(route.id!, id)) return route;
    }
    return this.#byText.size === 0 ? undefined : this.#byText.get(id.toString('latin1'));
  }

  /** Names the pipe, which has no id and whose id is nobody's. */
  add(route: Route, id: Buffer): void {
    // A copy: the id lives as long as the peer, and what was announced is a view on a chunk.
    const own = Buffer.from(id);
    route.id = own;
    if (isGenerated(own)) {
      this.#byCounter.set(counterOf(own), route);
      return;
    }
    const hash = own.length <= HASHED_SIZE ? this.#hash(own) : undefined;
    if (hash === undefined || this.#byHash.has(hash)) this.#byText.set(own.toString('latin1'), route);
    else this.#byHash.set(hash, route);
  }

  /** Names the pipe with an id of our own making. */
  addGenerated(route: Route): void {
    do this.#counter = (this.#counter + 1) | 0;
    while (this.#byCounter.has(this.#counter));
    const id = Buffer.alloc(GENERATED_SIZE);
    id.writeInt32BE(this.#counter, 1);
    this.add(route, id);
    route.generated = true;
  }

  /** Frees the pipe's id for others. Idempotent; what was read from the pipe before still carries it. */
  remove(route: Route): void {
    const { id } = route;
    route.generated = false;
    if (id === undefined || this.find(id) !== route) return;
    if (isGenerated(id)) {
      this.#byCounter.delete(counterOf(id));
      return;
    }
    const hash = this.#hash(id);
    if (this.#byHash.get(hash) === route) this.#byHash.delete(hash);
    else this.#byText.delete(id.toString('latin1'));
  }

  /** FNV-1a over the bytes, from a secret start. */
  #hash(id: Buffer): number {
    let hash = this.#seed;
    for (let i = 0; i < id.length; i++) hash = imul(hash ^ id[i]!, 0x01000193);
    return hash;
  }
}

function isGenerated(id: Buffer): boolean {
  return id.length === GENERATED_SIZE && id[0] === 0;
}

function counterOf(id: Buffer): number {
  return (id[1]! << 24) | (id[2]! << 16) | (id[3]! << 8) | id[4]!;
}

function sameBytes(a: Buffer, b: Buffer): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
