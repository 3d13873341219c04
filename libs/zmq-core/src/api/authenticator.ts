import type { Timer } from '../foundation/clock.js';
import { ZmqError } from '../foundation/errors.js';
import { TypedEmitter } from '../foundation/typed-emitter.js';
import type { ContextCore } from '../socket/context-core.js';
import { callUser } from '../socket/user-code.js';
import type { AdmissionCallback, Outcome } from '../zap/admission.js';
import { EVERY_DOMAIN, Judge } from '../zap/judge.js';
import { type CurveKeys, readKeyRules } from '../zap/key-rules.js';
import { checkPasswords, type PlainPasswords } from '../zap/password-rules.js';
import { ZapHandler } from '../zap/zap-handler.js';
import type { ReceivedRequest } from '../zap/zap-message.js';
import { ZapRequest } from '../zap/zap-request.js';
import { type Context, context as defaultContext, coreOfContext } from './context.js';

export interface AuthenticatorOptions {
  /** The context whose sockets it guards. Default: the global `context`. */
  readonly context?: Context;
  /** How long a callback may think, in ms; the peer is then sent away with 300, and may come again. 0 = as long as the handshake may take. Default 10000. */
  readonly callbackTimeout?: number;
  /**
   * How many calls of one callback may be waited for at once, at least 1. Beyond that it is not
   * called: the peer is sent away with 300, and may come again. A call counts until it is answered
   * or its `callbackTimeout` is over, also when its peer has gone meanwhile. Default 1024.
   */
  readonly maxCallbacks?: number;
}

/** Who was decided about. */
interface DecisionEvent {
  /** The `zapDomain` of the socket that was connected to. */
  readonly domain: string;
  /** The peer's IP address, without port; empty over ipc. */
  readonly address: string;
  /** `NULL`, `PLAIN`, `CURVE`, or what a stranger to ZAP has asked for. */
  readonly mechanism: string;
  /** Who it is, or of one that was refused says to be: its user name, its public key, or what a callback told. */
  readonly userId: string;
}

/** What an authenticator tells of its work. Nothing of it is secret. */
export type AuthenticatorEvent =
  | ({ readonly type: 'allowed' } & DecisionEvent)
  | ({
      readonly type: 'denied';
      /** ZAP's: 300 temporary, 400 refused, 500 a callback failed. */
      readonly status: 300 | 400 | 500;
      readonly reason: string;
      /** What the callback has thrown, or why its answer was none. */
      readonly error?: Error;
    } & DecisionEvent)
  /** A folder of certificates was read again. */
  | { readonly type: 'reload'; readonly domain: string; readonly folder: string; readonly keys: number }
  /** It was not, or not all of it. */
  | { readonly type: 'reload:error'; readonly domain: string; readonly folder: string; readonly error: Error };

export type AuthenticatorEventType = AuthenticatorEvent['type'];
export type AuthenticatorEventOfType<T extends AuthenticatorEventType> = Extract<AuthenticatorEvent, { type: T }>;

interface Watched {
  readonly stop: () => void;
  due: Timer | undefined;
}

/** As many as the handshakes that one endpoint has under way by default. */
const MAX_CALLBACKS = 1024;

/** A change to a folder comes in several parts: they are waited for. */
const SETTLE_MS = 100;

/**
 * Decides who may connect to the sockets of a context: by address, by user name and
 * password (PLAIN), by public key (CURVE). It answers as the ZAP handler of its context,
 * from `new` on, so make it before the sockets bind; there is one handler a context.
 *
 * Who is asked about: whoever connects to a socket with `plainServer` or `curveServer`,
 * and, if it has a `zapDomain`, also without mechanism. Without rules for a domain NULL
 * peers may connect, and PLAIN and CURVE peers may not. Rules may change at any time, and
 * hold for who connects from then on; who is connected stays (`socket.disconnectPeer`).
 *
 * After `close` there is nobody to ask: then PLAIN servers admit nobody, but NULL and
 * CURVE servers everybody, as in libzmq, unless they have `zapEnforceDomain`.
 *
 * It does not keep the process alive.
 */
export class Authenticator {
  readonly #core: ContextCore;
  readonly #judge: Judge;
  readonly #handler: ZapHandler;
  readonly #emitter = new TypedEmitter<AuthenticatorEvent>();
  /** By domain. */
  readonly #watched = new Map<string, Watched>();

  /** @throws ZmqError EADDRINUSE when the context has a ZAP handler already, EMFILE (it is one more socket), ETERM; EINVAL for an option out of range */
  constructor({
    context = defaultContext,
    callbackTimeout = 10_000,
    maxCallbacks = MAX_CALLBACKS,
  }: AuthenticatorOptions = {}) {
    if (typeof callbackTimeout !== 'number') throw new TypeError('callbackTimeout must be a number');
    if (!(callbackTimeout >= 0 && callbackTimeout <= 2147483647)) {
      throw new ZmqError('EINVAL', `callbackTimeout is ${callbackTimeout}; it must be a number of ms from 0`);
    }
    if (typeof maxCallbacks !== 'number') throw new TypeError('maxCallbacks must be a number');
    if (!Number.isInteger(maxCallbacks) || maxCallbacks < 1) {
      throw new ZmqError('EINVAL', `maxCallbacks is ${maxCallbacks}; it must be a whole number from 1`);
    }
    this.#core = coreOfContext(context);
    this.#judge = new Judge(this.#core.clock, callbackTimeout, maxCallbacks);
    this.#handler = new ZapHandler(
      this.#core,
      (request, give) => this.#decide(request, give),
      () => this.close(),
    );
  }

  get closed(): boolean {
    return this.#handler.closed;
  }

  /**
   * From the first call on only peers from these addresses may connect, and still need
   * their password or key: `10.1.2.3`, `10.0.0.0/8`, `fd00::/8`, and `ipc` for all that
   * come over ipc.
   * @throws ZmqError EINVAL for what is no address, and for none at all; nothing has changed then
   */
  allow(...addresses: readonly string[]): this {
    this.#judge.addresses.allow(addresses);
    return this;
  }

  /** Peers from these addresses may not connect, even if they are allowed too. Written as in `allow`. */
  deny(...addresses: readonly string[]): this {
    this.#judge.addresses.deny(addresses);
    return this;
  }

  /** Takes back all that `allow` and `deny` were told. */
  clearAddresses(): this {
    this.#judge.addresses.clear();
    return this;
  }

  /**
   * The passwords of a domain, in place of those before: an object or Map from user name
   * to password, which is looked at for each peer, or a callback. Compared in constant time.
   * @param domain a `zapDomain`; `*` for all that have no passwords of their own
   */
  configurePlain(domain: string, passwords: PlainPasswords): this {
    checkDomain(domain);
    checkPasswords(passwords);
    this.#judge.passwords.set(domain, passwords);
    return this;
  }

  /**
   * The public keys of a domain, in place of those before:
   * - the path of a folder of certificates, or `{ folder, watch }`: read now, and again by
   *   `reload()` or when it changes. Each peer then has the metadata of its certificate as
   *   properties.
   * - public keys, each 40 characters of Z85 or 32 bytes: read now
   * - a callback
   * - `'*'`: whoever has any key; what is sent is then encrypted, and nobody knows for whom
   * @param domain a `zapDomain`; `*` for all that have no keys of their own
   * @throws the system's error when the folder cannot be read, a `ZmqError` EINVAL for a
   *   broken certificate or key: nothing has changed then
   */
  configureCurve(domain: string, keys: CurveKeys): this {
    checkDomain(domain);
    const rules = readKeyRules(keys);
    const watched = rules.kind === 'folder' && rules.watch ? this.#watch(domain, rules.folder) : undefined;
    this.#stopWatching(domain);
    this.#judge.keys.set(domain, rules);
    if (watched !== undefined) this.#watched.set(domain, watched);
    return this;
  }

  /**
   * A callback that decides about all peers of a domain, whatever the mechanism, in place
   * of passwords and keys; `undefined` takes it away. Addresses are looked at before.
   * @param domain a `zapDomain`; `*` for all that have no callback of their own
   */
  configureCallback(domain: string, callback: AdmissionCallback | undefined): this {
    checkDomain(domain);
    if (callback !== undefined && typeof callback !== 'function') throw new TypeError('callback must be a function');
    if (callback === undefined) this.#judge.callbacks.delete(domain);
    else this.#judge.callbacks.set(domain, callback);
    return this;
  }

  /**
   * Reads the folders of certificates again, without stopping the event loop. Until it
   * has resolved, the keys are those of before. A file that is broken admits nobody, a
   * folder that cannot be listed keeps the keys it had.
   * Rejects with what is wrong with a folder or file, when all that is readable was read:
   * the error itself, or an `AggregateError` of several.
   */
  async reload(): Promise<void> {
    const outcomes = await Promise.all([...this.#judge.keys.keys()].map((domain) => this.#reload(domain)));
    const errors = outcomes.flat();
    if (errors.length === 1) throw errors[0];
    if (errors.length > 1) throw new AggregateError(errors, 'certificates could not be read');
  }

  /** Calls `listener` for each event of the type. */
  on<T extends AuthenticatorEventType>(type: T, listener: (event: AuthenticatorEventOfType<T>) => void): this {
    this.#emitter.on(type, listener);
    return this;
  }

  off<T extends AuthenticatorEventType>(type: T, listener: (event: AuthenticatorEventOfType<T>) => void): this {
    this.#emitter.off(type, listener);
    return this;
  }

  /** Answers no more; another handler may take its place. Who waits for an answer is not admitted. Idempotent. */
  close(): void {
    for (const domain of this.#watched.keys()) this.#stopWatching(domain);
    this.#judge.close();
    this.#handler.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  #decide(received: ReceivedRequest, give: (outcome: Outcome) => void): void {
    const request = ZapRequest.read(received);
    if (request === undefined) {
      this.#tell(received, '', { status: 400, reason: 'unknown mechanism, or not its credentials' }, give);
      return;
    }
    this.#judge.judge(request, (outcome) => {
      this.#tell(received, request.username || request.publicKey, outcome, give);
    });
  }

  #tell(
    { domain, address, mechanism }: ReceivedRequest,
    claimed: string,
    outcome: Outcome,
    give: (outcome: Outcome) => void,
  ): void {
    // First the answer, for a listener may do as it likes.
    give(outcome);
    if (this.closed) return;
    const about = { domain, address, mechanism };
    if (outcome.status === 200) this.#emit({ type: 'allowed', ...about, userId: outcome.userId });
    else this.#emit({ type: 'denied', ...about, userId: claimed, ...outcome });
  }

  /** What went wrong, if anything. */
  async #reload(domain: string): Promise<readonly Error[]> {
    const rules = this.#judge.keys.get(domain);
    if (rules?.kind !== 'folder') return [];
    const { folder } = rules;
    const errors = await folder.reload().catch((error: unknown) => [error as Error]);
    // Meanwhile it may have got other keys.
    if (this.closed || this.#judge.keys.get(domain) !== rules) return errors;
    for (const error of errors) this.#emit({ type: 'reload:error', domain, folder: folder.path, error });
    if (errors.length === 0) {
      this.#emit({ type: 'reload', domain, folder: folder.path, keys: folder.certificates.size });
    }
    return errors;
  }

  #watch(domain: string, folder: { readonly path: string; watch: WatchFolder }): Watched {
    const watched: Watched = {
      stop: folder.watch(
        () => {
          watched.due ??= this.#core.clock.setTimer(SETTLE_MS, () => {
            watched.due = undefined;
            void this.#reload(domain);
          });
        },
        (error) => this.#emit({ type: 'reload:error', domain, folder: folder.path, error }),
      ),
      due: undefined,
    };
    return watched;
  }

  #stopWatching(domain: string): void {
    const watched = this.#watched.get(domain);
    watched?.stop();
    watched?.due?.cancel();
    this.#watched.delete(domain);
  }

  #emit(event: AuthenticatorEvent): void {
    callUser(() => this.#emitter.emit(event));
  }
}

type WatchFolder = (changed: () => void, failed: (error: Error) => void) => () => void;

function checkDomain(domain: unknown): void {
  if (typeof domain !== 'string') throw new TypeError('domain must be a string');
  if (domain === '' || Buffer.byteLength(domain) > 255) {
    throw new ZmqError(
      'EINVAL',
      `domain has ${domain.length} characters; it must have 1 to 255, or be "${EVERY_DOMAIN}"`,
    );
  }
}
