/**
 * Whether a piece of work is still wanted. The `AbortSignal` is made when somebody
 * asks for it, because most handlers never do.
 */
export class ZmqCancellation {
  #controller: AbortController | undefined;
  #cancelled = false;
  #reason: unknown;

  get cancelled(): boolean {
    return this.#cancelled;
  }

  /** What is left of its deadline, in ms; `undefined` when it has none. */
  get remainingMs(): number | undefined {
    return undefined;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#cancelled) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Idempotent; the first reason counts. */
  cancel(reason: unknown): void {
    if (this.#cancelled) return;
    this.#cancelled = true;
    this.#reason = reason;
    this.#controller?.abort(reason);
  }
}
