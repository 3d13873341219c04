/** Lets a test wait until what its callbacks collect has become true. Callbacks call `changed()`. */
export class Watch {
  readonly #waiting = new Set<{ readonly condition: () => boolean; readonly resolve: () => void }>();

  changed(): void {
    for (const waiter of this.#waiting) {
      if (!waiter.condition()) continue;
      this.#waiting.delete(waiter);
      waiter.resolve();
    }
  }

  until(condition: () => boolean): Promise<void> {
    if (condition()) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.add({ condition, resolve });
    });
  }
}
