/**
 * Who wants to know that a socket may have become readable or writable: a poller, a
 * proxy, a monitor with events to get rid of. They look for themselves; nothing is
 * said of what it was.
 */
export class Watchers {
  /** Tells them all; `undefined` while there is nobody, so that nobody pays for it. */
  tell: (() => void) | undefined;
  readonly #all = new Set<() => void>();

  /**
   * `changed` comes from within what changed, so it may look and use the socket at
   * once, but must be ready to be called again while it does.
   * @returns ends it; idempotent
   */
  add(changed: () => void): () => void {
    // An object of its own: the same function may watch twice.
    const watcher = (): void => changed();
    this.#all.add(watcher);
    this.#arm();
    return () => {
      this.#all.delete(watcher);
      this.#arm();
    };
  }

  #arm(): void {
    this.tell = this.#all.size === 0 ? undefined : () => this.#all.forEach((watcher) => watcher());
  }
}
