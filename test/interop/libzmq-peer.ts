import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

/**
 * A process with libzmq in it, behind one of its bindings. It is driven by JSON
 * lines on its standard input and answers on its standard output:
 *
 *     → {"id": 1, "op": "open", "socket": "s1", "type": 5, "options": {"5": "name"}}
 *     ← {"id": 1, "result": {}}                or {"id": 1, "error": "…", "errno": 22}
 *     ← {"socket": "s1", "event": "connect", "address": "tcp://…", "value": 0}
 *
 * Operations: open, monitor (events follow), bind, connect, unbind, disconnect,
 * subscribe, unsubscribe, send, receive, close, ping, authenticate, authenticate-by-folder. A `send` or `receive` is
 * answered when it is done, meanwhile other operations go on. Parts are base64; a
 * large part travels as `{"large": size}` and is the bytes 0–255, over and over
 * (one that is not comes as `{"damaged": size}`). Beside the one part of a SERVER,
 * RADIO or DISH stands its routing id in decimal, or its group: the first of two parts
 * here. A DISH subscribes to what it joins.
 */

/** One part of a message: latin1 text, or a large part of known content. */
export type Part = string | { readonly large: number };
export type Parts = readonly Part[];

export const LARGE = 4096;

export interface Library {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Why it cannot be used here. */
  readonly missing?: string;
  /** Why its draft socket types cannot. */
  readonly withoutDrafts?: string;
}

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

/** Both bindings; what cannot be used on this machine says why, and that is printed. */
export const libraries: readonly Library[] = [npmZeromq(), pythonZmq()];

function npmZeromq(): Library {
  const library = { name: 'npm zeromq', command: process.execPath, args: [here('./peer.mjs')] };
  const probe = (code: string) => spawnSync(process.execPath, ['-e', code], { cwd: here('.') }).status === 0;
  if (!probe('require("zeromq")')) return unusable(library, 'its prebuilt binary does not load on this machine');
  return probe('process.exit(require("zeromq").capability.draft ? 0 : 1)') ? library : withoutDrafts(library);
}

function pythonZmq(): Library {
  const library = { name: 'python3-zmq', command: 'python3', args: [here('./peer.py')] };
  // The first `python3` may be one of pyenv, conda, …, which does not see Debian's packages.
  for (const command of ['/usr/bin/python3', 'python3', '/usr/local/bin/python3']) {
    const probe = (code: string) => spawnSync(command, ['-c', code]).status === 0;
    if (!probe('import zmq')) continue;
    const found = { ...library, command };
    return probe('import zmq, sys; sys.exit(not zmq.DRAFT_API)') ? found : withoutDrafts(found);
  }
  return unusable(library, 'no python3 here has the module zmq; apt-get install python3-zmq');
}

function unusable(library: Library, missing: string): Library {
  process.stderr.write(`note: tests against ${library.name} are skipped: ${missing}\n`);
  return { ...library, missing };
}

function withoutDrafts(library: Library): Library {
  const reason = 'its libzmq was built without draft socket types';
  process.stderr.write(`note: tests of draft types against ${library.name} are skipped: ${reason}\n`);
  return { ...library, withoutDrafts: reason };
}

export interface PeerEvent {
  readonly type: string;
  readonly address: string;
  /** Interval, error number or file descriptor: libzmq's event value. */
  readonly value: number;
}

interface Answer {
  readonly ready?: string;
  readonly id?: number;
  readonly result?: { readonly endpoint?: string; readonly parts?: EncodedPart[]; readonly properties?: Properties };
  readonly error?: string;
  readonly socket?: string;
  readonly event?: string;
  readonly address?: string;
  readonly value?: number;
}

type EncodedPart = string | { readonly large: number };
type Properties = Readonly<Record<string, string | null>>;
type Result = NonNullable<Answer['result']>;

export class LibzmqPeer {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #pending = new Map<number, { resolve: (result: Result) => void; reject: (error: Error) => void }>();
  readonly #sockets = new Map<string, RemoteSocket>();
  #lastId = 0;
  #lastSocket = 0;

  private constructor({ command, args }: Library) {
    this.#process = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#process.stdin.on('error', () => {}); // it was killed: its pending requests are rejected below
    createInterface({ input: this.#process.stdout }).on('line', (line) => this.#take(JSON.parse(line) as Answer));
    this.#process.once('exit', () => {
      for (const { reject } of this.#pending.values()) reject(new Error('the peer process is gone'));
      this.#pending.clear();
    });
  }

  static async start(library: Library): Promise<LibzmqPeer> {
    const peer = new LibzmqPeer(library);
    await new Promise<Result>((resolve, reject) => peer.#pending.set(0, { resolve, reject }));
    return peer;
  }

  async open(type: number, options: Readonly<Record<number, number | string>> = {}): Promise<RemoteSocket> {
    const socket = new RemoteSocket(`s${++this.#lastSocket}`, (op, rest) => this.#request({ op, ...rest }));
    this.#sockets.set(socket.name, socket);
    await this.#request({ op: 'open', socket: socket.name, type, options });
    return socket;
  }

  /** Its own authenticator: of PLAIN names and passwords, of CURVE public keys in Z85; what is not listed is refused with 400. */
  async authenticate(passwords: Readonly<Record<string, string>>, keys: readonly string[]): Promise<void> {
    await this.#request({ op: 'authenticate', passwords, keys, nameless: false });
  }

  /** A handler that admits the same, and gives nobody a user id. */
  async authenticateNameless(passwords: Readonly<Record<string, string>>, keys: readonly string[]): Promise<void> {
    await this.#request({ op: 'authenticate', passwords, keys, nameless: true });
  }

  /** python3-zmq's authenticator with a folder of public certificates. */
  async authenticateByFolder(folder: string): Promise<void> {
    await this.#request({ op: 'authenticate-by-folder', folder });
  }

  /** One round trip to the process. */
  async ping(): Promise<void> {
    await this.#request({ op: 'ping' });
  }

  /** In order: its sockets are closed by its end. */
  async stop(): Promise<void> {
    await this.#end(() => this.#process.stdin.end());
  }

  /** As a crash: nothing is closed, flushed or unlinked. */
  async kill(): Promise<void> {
    await this.#end(() => this.#process.kill('SIGKILL'));
  }

  async #end(end: () => void): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exited = once(this.#process, 'exit');
    end();
    await exited;
  }

  #request(request: object): Promise<Result> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#process.stdin.write(`${JSON.stringify({ id, ...request })}\n`);
    });
  }

  #take({ ready, id = 0, result, error, socket, event, address = '', value = 0 }: Answer): void {
    if (socket !== undefined && event !== undefined) {
      this.#sockets.get(socket)?.events.push({ type: event, address, value });
      return;
    }
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (error === undefined || ready !== undefined) pending?.resolve(result ?? {});
    else pending?.reject(new Error(error));
  }
}

/** For what libzmq does only when its socket is asked something: what a bound SUB tells a new publisher, or a ROUTER's probe. */
export async function whileTicking<T>(promise: Promise<T>, tick: () => Promise<void>): Promise<T> {
  let settled = false;
  const settle = promise.finally(() => (settled = true));
  settle.catch(() => {}); // rejects below
  while (!settled) await tick();
  return settle;
}

/** A socket of libzmq in the other process. */
export class RemoteSocket {
  readonly name: string;
  /** What its monitor told since `monitor()`. */
  readonly events = new RemoteEvents();
  readonly #request: (op: string, rest: object) => Promise<Result>;

  constructor(name: string, request: (op: string, rest: object) => Promise<Result>) {
    this.name = name;
    this.#request = request;
  }

  async monitor(): Promise<void> {
    await this.#ask('monitor');
  }

  /** Gives the endpoint with its wildcards resolved. */
  async bind(endpoint: string): Promise<string> {
    return (await this.#ask('bind', { endpoint })).endpoint!;
  }

  async unbind(endpoint: string): Promise<void> {
    await this.#ask('unbind', { endpoint });
  }

  async connect(endpoint: string): Promise<void> {
    await this.#ask('connect', { endpoint });
  }

  async disconnect(endpoint: string): Promise<void> {
    await this.#ask('disconnect', { endpoint });
  }

  async subscribe(topic: string): Promise<void> {
    await this.#ask('subscribe', { topic: Buffer.from(topic, 'latin1').toString('base64') });
  }

  async unsubscribe(topic: string): Promise<void> {
    await this.#ask('unsubscribe', { topic: Buffer.from(topic, 'latin1').toString('base64') });
  }

  async send(parts: Parts): Promise<void> {
    await this.#ask('send', {
      parts: parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1').toString('base64') : part)),
    });
  }

  async receive(): Promise<Parts> {
    return (await this.receiveWithProperties()).parts;
  }

  /** With what the library shows of the sender's READY. */
  async receiveWithProperties(
    ...properties: readonly string[]
  ): Promise<{ readonly parts: Parts; readonly properties: Properties }> {
    const { parts = [], properties: found = {} } = await this.#ask('receive', { properties });
    return {
      parts: parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'base64').toString('latin1') : part)),
      properties: found,
    };
  }

  async close(): Promise<void> {
    await this.#ask('close');
  }

  #ask(op: string, rest: object = {}): Promise<Result> {
    return this.#request(op, { socket: this.name, ...rest });
  }
}

/** Events as they come, and a way to wait for one. */
export class RemoteEvents {
  readonly all: PeerEvent[] = [];
  readonly #waiting = new Set<() => void>();

  push(event: PeerEvent): void {
    this.all.push(event);
    for (const check of this.#waiting) check();
  }

  get types(): string[] {
    return this.all.map(({ type }) => type);
  }

  /** Resolves when `count` events of the type have come, counted from the beginning. */
  until(type: string, count = 1): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (this.types.filter((seen) => seen === type).length < count) return;
        this.#waiting.delete(check);
        resolve();
      };
      this.#waiting.add(check);
      check();
    });
  }
}
