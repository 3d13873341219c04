/** In milliseconds. `intervalMs` 0: we send no PING. */
export interface HeartbeatOptions {
  readonly intervalMs: number;
  /** How long after a PING anything must have come; 0 waits for ever. */
  readonly timeoutMs: number;
  /** What the peer is told it may wait for us; 0 = nothing is told. */
  readonly ttlMs: number;
}

/**
 * When to send PING and when the peer is dead (37/ZMTP "Heartbeating"). Pure: it
 * is told the time. Any traffic is a sign of life, not only PONG.
 */
export class Heartbeat {
  #nextPing = Infinity;
  /** Something must come until then, because we sent a PING. */
  #pongBy = Infinity;
  /** Something must come until then, because the peer promised (its TTL). */
  #trafficBy = Infinity;
  #peerTtlMs = 0;
  #suspendedAt = -1;

  constructor(private readonly options: HeartbeatOptions) {}

  start(now: number): void {
    if (this.options.intervalMs > 0) this.#nextPing = now + this.options.intervalMs;
  }

  heard(now: number): void {
    this.#pongBy = Infinity;
    if (this.#peerTtlMs > 0) this.#trafficBy = this.#readUntil(now) + this.#peerTtlMs;
  }

  /** A PING had a TTL. One without (0) says nothing, an earlier one still holds. */
  peerPromised(ttlMs: number, now: number): void {
    if (ttlMs === 0) return;
    this.#peerTtlMs = ttlMs;
    this.#trafficBy = this.#readUntil(now) + ttlMs;
  }

  /** While we do not read from the peer, its silence means nothing. */
  suspend(now: number): void {
    if (this.#suspendedAt === -1) this.#suspendedAt = now;
  }

  resume(now: number): void {
    if (this.#suspendedAt === -1) return;
    const pause = now - this.#suspendedAt;
    this.#suspendedAt = -1;
    this.#pongBy += pause;
    this.#trafficBy += pause;
  }

  get deadline(): number {
    if (this.#suspendedAt !== -1) return this.#nextPing;
    return Math.min(this.#nextPing, this.#pongBy, this.#trafficBy);
  }

  /** `sign`: something is to be sent that asks for no answer. */
  tick(now: number): 'ping' | 'sign' | 'dead' | 'nothing' {
    if (this.#suspendedAt === -1 && (now >= this.#pongBy || now >= this.#trafficBy)) return 'dead';
    if (now < this.#nextPing) return 'nothing';
    this.#nextPing = now + this.options.intervalMs;
    // We could not read the answers, and they would pile up there; a PING after that will ask again.
    if (this.#suspendedAt !== -1) return 'sign';
    if (this.options.timeoutMs > 0 && this.#pongBy === Infinity) this.#pongBy = now + this.options.timeoutMs;
    return 'ping';
  }

  /** Until when we have been reading: `resume` adds the whole pause to every deadline. */
  #readUntil(now: number): number {
    return this.#suspendedAt === -1 ? now : this.#suspendedAt;
  }
}
