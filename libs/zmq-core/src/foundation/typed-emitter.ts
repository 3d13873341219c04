import { EventEmitter } from 'node:events';

export { EventEmitter };

/** An `EventEmitter` whose events are the members of a union, each with its own listener type. */
export class TypedEmitter<E extends { readonly type: string }> {
  readonly #emitter = new EventEmitter();

  on<T extends E['type']>(type: T, listener: (event: Extract<E, { type: T }>) => void): void {
    this.#emitter.on(type, listener);
  }

  off<T extends E['type']>(type: T, listener: (event: Extract<E, { type: T }>) => void): void {
    this.#emitter.off(type, listener);
  }

  emit(event: E): void {
    this.#emitter.emit(event.type, event);
  }
}
