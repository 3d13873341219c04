interface Group {
  readonly callbacks: Set<() => void>;
  readonly onAbort: () => void;
}

/** Callbacks for the abort of signals that many share: one listener on each signal, for as long as somebody waits. */
export class SignalGroup {
  readonly #groups = new Map<AbortSignal, Group>();

  add(signal: AbortSignal, callback: () => void): void {
    let group = this.#groups.get(signal);
    if (group === undefined) {
      const callbacks = new Set<() => void>();
      group = { callbacks, onAbort: () => callbacks.forEach((call) => call()) };
      this.#groups.set(signal, group);
      signal.addEventListener('abort', group.onAbort, { once: true });
    }
    group.callbacks.add(callback);
  }

  remove(signal: AbortSignal, callback: () => void): void {
    const group = this.#groups.get(signal);
    if (group === undefined) return;
    group.callbacks.delete(callback);
    if (group.callbacks.size > 0) return;
    signal.removeEventListener('abort', group.onAbort);
    this.#groups.delete(signal);
  }
}
