/**
 * Opens once, closes once, and opens anew: what a server and a forwarder have in common. Either may be called at any
 * time: what is under way is finished first, so that nothing of it is left open.
 */
export class Opening<T> {
  readonly #openNow: () => Promise<T>;
  readonly #closeNow: (opened: T) => Promise<void>;
  #opened: Promise<T> | undefined;
  #closing: Promise<void> | undefined;

  /** @param openNow leaves nothing open when it fails */
  constructor(openNow: () => Promise<T>, closeNow: (opened: T) => Promise<void>) {
    this.#openNow = openNow;
    this.#closeNow = closeNow;
  }

  /** Idempotent; a failure is not remembered. */
  open(): Promise<T> {
    if (this.#opened !== undefined) return this.#opened;
    const opened = this.#openOnceClosed();
    this.#opened = opened;
    opened.catch(() => {
      if (this.#opened === opened) this.#opened = undefined;
    });
    return opened;
  }

  /** Idempotent, also before `open()`. */
  close(): Promise<void> {
    const opened = this.#opened;
    // What is opened from now on is opened anew, and is for the next `close()`.
    this.#opened = undefined;
    if (opened !== undefined) {
      const closing: Promise<void> = this.#close(opened).finally(() => {
        if (this.#closing === closing) this.#closing = undefined;
      });
      this.#closing = closing;
    }
    return this.#closing ?? Promise.resolve();
  }

  async #openOnceClosed(): Promise<T> {
    // How that ended is for who has closed it.
    await this.#closing?.catch(() => {});
    return this.#openNow();
  }

  async #close(opening: Promise<T>): Promise<void> {
    let opened: T;
    try {
      opened = await opening;
    } catch {
      return;
    }
    await this.#closeNow(opened);
  }
}
