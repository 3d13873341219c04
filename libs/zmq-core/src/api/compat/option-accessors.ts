/** How a value crosses to libzmq: the middle of the names of `get…Option` and `set…Option`. */
export type OptionType = 'Bool' | 'Int32' | 'Uint32' | 'Int64' | 'Uint64' | 'String';

/** One accessor of zeromq.js: its name, libzmq's number, and what it can. */
export interface OptionAccessor {
  readonly name: string;
  readonly id: number;
  readonly type: OptionType;
  /** Default: both. A write-only one reads as `undefined`. */
  readonly access?: 'read-only' | 'write-only';
  /** What the numbers mean. */
  readonly values?: readonly (string | null)[];
}

/**
 * Defines the accessors as zeromq.js does: not enumerable, final, and by way of
 * `this.get…Option(id)`, so a subclass sees every access.
 */
export function defineAccessors(prototype: object, accessors: readonly OptionAccessor[]): void {
  for (const { name, id, type, access, values } of accessors) {
    const [getter, setter] = [`get${type}Option`, `set${type}Option`];
    const descriptor: PropertyDescriptor = {};
    if (access !== 'write-only') {
      descriptor.get = function get(this: Accessible) {
        const value = this[getter]!(id);
        return values === undefined ? value : values[value as number];
      };
    }
    if (access !== 'read-only') {
      descriptor.set = function set(this: Accessible, value: unknown) {
        this[setter]!(id, value);
      };
    }
    Object.defineProperty(prototype, name, descriptor);
  }
}

type Accessible = Record<string, (id: number, value?: unknown) => unknown>;
