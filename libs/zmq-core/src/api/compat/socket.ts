import type { SocketCore } from '../../socket/socket-core.js';
import { coreOf, type Socket as InnerSocket } from '../socket.js';
import {
  checkAddress,
  checkBool,
  checkCount,
  checkIdentifier,
  checkNumber,
  checkOptions,
  checkText,
} from './arguments.js';
import { type Context, context as defaultContext, innerContextOf } from './context.js';
import { attempt, rejectAsNpm } from './failure.js';
import { createInner, rememberInner } from './inner-socket.js';
import { createMethods, type Methods } from './methods.js';
import { readNumber, readText, writeNumber, writeText } from './numbered-options.js';
import type { NumberType } from './numbers.js';
import { Observer } from './observer.js';
import { defineAccessors } from './option-accessors.js';
import type { ConnectAs } from './special-options.js';
import { socketAccessors, type SocketMembers } from './socket-options.js';
import { assertUsable } from './usable.js';

let methods: Methods;

/**
 * What all sockets have. Options are properties: `socket.linger = 0`, or as the
 * constructor's argument. The object is sealed: a misspelt option throws.
 */
export abstract class Socket {
  readonly #inner: InnerSocket;
  readonly #core: SocketCore;
  readonly #context: Context;
  readonly #connectAs: ConnectAs = { routingId: undefined };
  #observer: Observer | undefined;

  static {
    methods = createMethods((socket) => (socket as Socket).#inner);
  }

  /**
   * @param type libzmq's number of the socket type. A class of your own that hands over
   *   the number of its type gets that type's `send` and `receive`.
   * @param options any options of its class, and `context`
   */
  protected constructor(type: number, options?: object);
  protected constructor(type: number, options?: object, ...extra: readonly unknown[]) {
    if (typeof type !== 'number') throw new TypeError('Socket type must be a number');
    checkOptions(options);
    checkCount(2, extra);
    const given: { context?: unknown } = options ?? {};
    const { context, ...rest } = 'context' in given ? given : { context: defaultContext, ...given };
    this.#inner = createInner(type | 0, innerContextOf(context));
    this.#core = coreOf(this.#inner);
    this.#core.receiver.forgetSenders();
    this.#context = context as Context;
    rememberInner(this, this.#inner);
    // A class of the user's own, for a type that has no class here.
    if (!('send' in this || 'receive' in this)) give(this, ...capabilitiesOf(this.#inner));
    Object.seal(this);
    try {
      Object.assign(this, rest);
    } catch (error) {
      this.#inner.close();
      throw error;
    }
  }

  /**
   * Listens on an endpoint: `tcp://*:5555`, `tcp://127.0.0.1:*` (any free port, then
   * `lastEndpoint` tells it), `ipc:///path`, `inproc://name`. Until it is done, the socket
   * cannot be used.
   * Rejects with an error that has `errno`, `code` and `address`.
   */
  bind(address: string): Promise<void>;
  bind(address: string, ...extra: readonly unknown[]): Promise<void> {
    this.#check(address, extra);
    return attempt(() => this.#inner.bind(address)).catch(rejectAsNpm);
  }

  /** `bind` that is done when it returns, and throws. */
  bindSync(address: string): void;
  bindSync(address: string, ...extra: readonly unknown[]): void {
    this.#check(address, extra);
    attempt(() => this.#inner.bindSync(address));
  }

  /** Stops listening. Rejects with ENOENT for an address that is not bound exactly so (see `lastEndpoint`). */
  unbind(address: string): Promise<void>;
  unbind(address: string, ...extra: readonly unknown[]): Promise<void> {
    this.#check(address, extra);
    return attempt(() => this.#inner.unbind(address)).catch(rejectAsNpm);
  }

  /** `unbind` that is done when it returns, and throws. */
  unbindSync(address: string): void;
  unbindSync(address: string, ...extra: readonly unknown[]): void {
    this.#check(address, extra);
    attempt(() => this.#inner.unbindSync(address));
  }

  /** Connects now or as soon as somebody listens there, and again after every loss. */
  connect(address: string): void;
  connect(address: string, ...extra: readonly unknown[]): void {
    this.#check(address, extra);
    const { routingId } = this.#connectAs;
    if (routingId === undefined) attempt(() => this.#inner.connect(address));
    else attempt(() => this.#inner.connect(address, { routingId }));
    this.#connectAs.routingId = undefined;
  }

  /** Takes a `connect` back. Throws ENOENT for an address that was not connected. */
  disconnect(address: string): void;
  disconnect(address: string, ...extra: readonly unknown[]): void {
    this.#check(address, extra);
    attempt(() => this.#inner.disconnect(address));
  }

  /**
   * Closes the socket; idempotent. A pending `send` or `receive` is settled, normally with
   * EAGAIN. While a bind or unbind is under way, it is done when that has settled.
   */
  close(): void;
  close(...extra: readonly unknown[]): void {
    checkCount(0, extra);
    this.#inner.close();
  }

  /** What happens to endpoints and connections, from the first use of this property on. */
  get events(): Observer {
    // Of a closed socket there is none, also where there was one before.
    if (this.#observer === undefined || this.#inner.closed) this.#observer = new Observer(this);
    return this.#observer;
  }

  /** `undefined` when the socket is closed. */
  get context(): Context {
    return (this.#inner.closed ? undefined : this.#context) as Context;
  }

  get closed(): boolean {
    return this.#inner.closed;
  }

  /** Whether `receive` would give a message at once. */
  get readable(): boolean {
    return this.#inner.readable;
  }

  /** Whether `send` would be done at once. */
  get writable(): boolean {
    return this.#inner.writable;
  }

  // Options by libzmq's number, for accessors of your own in a subclass.

  protected getBoolOption(option: number): boolean;
  protected getBoolOption(option: number, ...extra: readonly unknown[]): boolean {
    return this.#readNumber(option, 'int32', extra) !== 0;
  }

  protected setBoolOption(option: number, value: boolean): void;
  protected setBoolOption(option: number, value: boolean, ...extra: readonly unknown[]): void {
    checkBool(option, value, extra);
    attempt(() => writeNumber(this.#core, option, Number(value), 'int32', this.#connectAs));
  }

  protected getInt32Option(option: number): number;
  protected getInt32Option(option: number, ...extra: readonly unknown[]): number {
    return this.#readNumber(option, 'int32', extra);
  }

  protected setInt32Option(option: number, value: number): void;
  protected setInt32Option(option: number, value: number, ...extra: readonly unknown[]): void {
    this.#writeNumber(option, value, 'int32', extra);
  }

  protected getUint32Option(option: number): number;
  protected getUint32Option(option: number, ...extra: readonly unknown[]): number {
    return this.#readNumber(option, 'uint32', extra);
  }

  protected setUint32Option(option: number, value: number): void;
  protected setUint32Option(option: number, value: number, ...extra: readonly unknown[]): void {
    this.#writeNumber(option, value, 'uint32', extra);
  }

  protected getInt64Option(option: number): number;
  protected getInt64Option(option: number, ...extra: readonly unknown[]): number {
    return this.#readNumber(option, 'int64', extra);
  }

  protected setInt64Option(option: number, value: number): void;
  protected setInt64Option(option: number, value: number, ...extra: readonly unknown[]): void {
    this.#writeNumber(option, value, 'int64', extra);
  }

  protected getUint64Option(option: number): number;
  protected getUint64Option(option: number, ...extra: readonly unknown[]): number {
    return this.#readNumber(option, 'uint64', extra);
  }

  protected setUint64Option(option: number, value: number): void;
  protected setUint64Option(option: number, value: number, ...extra: readonly unknown[]): void {
    this.#writeNumber(option, value, 'uint64', extra);
  }

  protected getStringOption(option: number): string | null;
  protected getStringOption(option: number, ...extra: readonly unknown[]): string | null {
    checkIdentifier(option, extra);
    return attempt(() => readText(this.#core, option));
  }

  protected setStringOption(option: number, value: string | Buffer | null): void;
  protected setStringOption(option: number, value: string | Buffer | null, ...extra: readonly unknown[]): void {
    checkText(option, value, extra);
    attempt(() => writeText(this.#core, option, value, this.#connectAs));
  }

  #check(address: unknown, extra: readonly unknown[]): void {
    checkAddress(address);
    checkCount(1, extra);
    assertUsable(this.#core);
  }

  #readNumber(option: number, type: NumberType, extra: readonly unknown[]): number {
    checkIdentifier(option, extra);
    return attempt(() => readNumber(this.#core, option, type));
  }

  #writeNumber(option: number, value: number, type: NumberType, extra: readonly unknown[]): void {
    checkNumber(option, value, extra);
    attempt(() => writeNumber(this.#core, option, value, type, this.#connectAs));
  }
}

export interface Socket extends SocketMembers {}

export type Capability = 'send' | 'sendTo' | 'receive' | 'join';

/** Gives a class, or a socket, what its type can. */
export function give(owner: object, ...capabilities: readonly Capability[]): void {
  for (const capability of capabilities) {
    for (const [name, method] of methodsFor[capability])
      Object.defineProperty(owner, name, { value: methods[method], configurable: true, writable: true });
  }
}

const methodsFor: Record<Capability, readonly (readonly [string | symbol, keyof Methods])[]> = {
  send: [['send', 'send']],
  sendTo: [['send', 'sendTo']],
  receive: [
    ['receive', 'receive'],
    [Symbol.asyncIterator, 'iterate'],
  ],
  join: [
    ['join', 'join'],
    ['leave', 'leave'],
  ],
};

/** Types whose messages need an address beside them. */
const addressing: readonly string[] = ['SERVER', 'RADIO', 'PEER'];

function capabilitiesOf(inner: InnerSocket): Capability[] {
  const capabilities: Capability[] = [];
  if ('send' in inner) capabilities.push(addressing.includes(coreOf(inner).type) ? 'sendTo' : 'send');
  if ('receive' in inner) capabilities.push('receive');
  if ('join' in inner) capabilities.push('join');
  return capabilities;
}

defineAccessors(Socket.prototype, socketAccessors);
