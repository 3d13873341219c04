import type { Clock, Timer } from '../foundation/clock.js';
import { AddressRules } from './address-rules.js';
import { type AdmissionCallback, admitted, type Outcome, readAdmission, refused, troubled } from './admission.js';
import { judgeKey, type KeyRules } from './key-rules.js';
import { judgePassword, type PlainPasswords } from './password-rules.js';
import type { ZapRequest } from './zap-request.js';

/** The domain whose rules hold where a domain has none of its own. */
export const EVERY_DOMAIN = '*';

/** The rules of an authenticator, and what they say of a request. */
export class Judge {
  readonly addresses = new AddressRules();
  readonly passwords = new Map<string, PlainPasswords>();
  readonly keys = new Map<string, KeyRules>();
  /** Asked about every mechanism, in place of the two above. */
  readonly callbacks = new Map<string, AdmissionCallback>();

  readonly #clock: Clock;
  readonly #callbackTimeoutMs: number;
  readonly #maxCallbacks: number;
  /** Of callbacks that have not answered. */
  readonly #timers = new Set<Timer>();
  /** Calls that are waited for, whether or not their peers still are there. Of each callback by itself: one that hangs does not shut the others off. */
  readonly #underWay = new Map<AdmissionCallback, number>();

  /** @param callbackTimeoutMs 0 = as long as the handshake may take @param maxCallbacks calls of one callback that are waited for at once */
  constructor(clock: Clock, callbackTimeoutMs: number, maxCallbacks: number) {
    this.#clock = clock;
    this.#callbackTimeoutMs = callbackTimeoutMs;
    this.#maxCallbacks = maxCallbacks;
  }

  /** `give` is called once, at once or later. */
  judge(request: ZapRequest, give: (outcome: Outcome) => void): void {
    const refusal = this.addresses.refusal(request.address);
    if (refusal !== undefined) {
      give(refused(refusal));
      return;
    }
    const callback = ruleFor(this.callbacks, request.domain);
    if (callback !== undefined) this.#ask(callback, request, give);
    else if (request.mechanism === 'NULL') give(admitted(''));
    else if (request.mechanism === 'PLAIN') this.#judgePlain(request, give);
    else this.#judgeCurve(request, give);
  }

  /** Callbacks that answer later are not waited for any more. */
  close(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }

  #judgePlain(request: ZapRequest, give: (outcome: Outcome) => void): void {
    const passwords = ruleFor(this.passwords, request.domain);
    if (passwords === undefined) give(refused('no passwords for the domain'));
    else if (typeof passwords === 'function') this.#ask(passwords, request, give);
    else give(judgePassword(passwords, request));
  }

  #judgeCurve(request: ZapRequest, give: (outcome: Outcome) => void): void {
    const rules = ruleFor(this.keys, request.domain);
    if (rules === undefined) give(refused('no keys for the domain'));
    else if (rules.kind === 'callback') this.#ask(rules.callback, request, give);
    else give(judgeKey(rules, request));
  }

  #ask(callback: AdmissionCallback, request: ZapRequest, give: (outcome: Outcome) => void): void {
    // Whoever may connect can ask as often as he likes, and hang up: what the callback does for him goes on.
    if (this.#callsOf(callback) >= this.#maxCallbacks) {
      give(refused(`${this.#maxCallbacks} calls of the callback are under way (maxCallbacks)`, 300));
      return;
    }
    let answer: unknown;
    try {
      answer = callback(request);
    } catch (error) {
      give(troubled('the callback failed', error));
      return;
    }
    if (!isPromise(answer)) {
      give(read(answer, request));
      return;
    }
    this.#count(callback, 1);
    this.#await(answer, request, (outcome) => {
      this.#count(callback, -1);
      give(outcome);
    });
  }

  #callsOf(callback: AdmissionCallback): number {
    return this.#underWay.get(callback) ?? 0;
  }

  #count(callback: AdmissionCallback, change: 1 | -1): void {
    const calls = this.#callsOf(callback) + change;
    if (calls > 0) this.#underWay.set(callback, calls);
    else this.#underWay.delete(callback);
  }

  #await(answer: PromiseLike<unknown>, request: ZapRequest, give: (outcome: Outcome) => void): void {
    let timer: Timer | undefined;
    let isOpen = true;
    const settle = (outcome: Outcome): void => {
      if (!isOpen) return;
      isOpen = false;
      if (timer !== undefined) {
        timer.cancel();
        this.#timers.delete(timer);
      }
      give(outcome);
    };
    if (this.#callbackTimeoutMs > 0) {
      // 300, as the peer is not to blame: he may come again.
      timer = this.#clock.setTimer(this.#callbackTimeoutMs, () =>
        settle(refused('the callback did not answer in time', 300)),
      );
      this.#timers.add(timer);
    }
    void answer.then(
      (value) => settle(read(value, request)),
      (error: unknown) => settle(troubled('the callback failed', error)),
    );
  }
}

function ruleFor<Rule>(rules: ReadonlyMap<string, Rule>, domain: string): Rule | undefined {
  return rules.get(domain) ?? rules.get(EVERY_DOMAIN);
}

function read(answer: unknown, { username, publicKey }: ZapRequest): Outcome {
  try {
    return readAdmission(answer, username || publicKey) ?? refused('the callback refused');
  } catch (error) {
    return troubled('the callback gave no answer that can be read', error);
  }
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | undefined | null)?.then === 'function';
}
