import type * as npm from 'zeromq';

/** npm `zeromq`, or ours in its place. */
export type Zmq = typeof npm;

/** @param load gives another entry of the same package: `/draft` */
export type Observe = (zmq: Zmq, notes: Notes, load: (entry: string) => Promise<unknown>) => Promise<void>;

/** One thing that a program can see, as plain data. */
export type Seen = unknown;

/** What a program sees of a module, by name. Compared between npm's and ours. */
export class Notes {
  readonly seen: Record<string, Seen> = {};
  readonly #names = new Map<string, string>();

  /** Endpoints with ports and paths that differ from run to run are written as `<name>`. */
  alias(text: string | null, name: string): void {
    if (text !== null) this.#names.set(text, `<${name}>`);
  }

  note(name: string, value: Seen): void {
    if (name in this.seen) throw new Error(`${name} is noted twice`);
    this.seen[name] = JSON.parse(this.#withNames(JSON.stringify(plain(value)) ?? '"undefined"'));
  }

  /** What a call gives: a value, an error that is thrown, or a promise and how it ends. */
  async outcome(name: string, operation: () => unknown): Promise<void> {
    this.note(name, await outcomeOf(operation));
  }

  #withNames(text: string): string {
    let result = text;
    for (const [from, to] of this.#names) result = result.replaceAll(JSON.stringify(from).slice(1, -1), to);
    return result;
  }
}

/** How long an operation that does not end is waited for: a few turns, in which libzmq's threads answer. */
const TURNS = 40;

export async function outcomeOf(operation: () => unknown): Promise<Seen> {
  let result: unknown;
  try {
    result = operation();
  } catch (error) {
    return { throws: error };
  }
  if (!(result instanceof Promise)) return { gives: result };
  let ended: Seen = 'pending';
  result.then(
    (value) => (ended = { resolves: value as Seen }),
    (error: unknown) => (ended = { rejects: error }),
  );
  for (let i = 0; i < TURNS && ended === 'pending'; i++) await turn();
  return ended;
}

export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** How a promise ends, however long it takes. */
export async function endOf(promise: Promise<unknown>): Promise<Seen> {
  try {
    return { resolves: await promise };
  } catch (error) {
    return { rejects: error };
  }
}

/** Errors with all that a program reads of them; bytes as text. */
function plain(value: unknown): unknown {
  if (value === undefined) return 'undefined';
  if (value instanceof Error) {
    return { class: value.constructor.name, text: String(value), own: Object.fromEntries(Object.entries(value)) };
  }
  if (Buffer.isBuffer(value)) return `bytes ${value.toString('latin1')}`;
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object' && value !== null) {
    if (Object.getPrototypeOf(value) !== Object.prototype) return `a ${value.constructor.name}`;
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, plain(part)]));
  }
  return value;
}

/** The process' warnings while `operation` runs and until they are told. */
export async function warningsOf(operation: () => unknown): Promise<string[]> {
  // Those from before.
  await turn();
  const warnings: string[] = [];
  const listen = ({ message }: Error): void => void warnings.push(message);
  process.on('warning', listen);
  try {
    await operation();
    await turn();
  } finally {
    process.off('warning', listen);
  }
  return warnings;
}
