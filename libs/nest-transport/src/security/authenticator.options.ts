import type { Context, CurveKeys, PlainPasswords } from '@nest-zmq/core';
import { ZmqOptionsError } from '../zmq.errors.js';
import { checkOptions, having, type OptionCheck, type OptionChecks, whole } from '../zmq.options.check.js';

/** Who may connect in one domain, where no `@ZapHandler` decides. */
export interface ZmqDomainRules {
  /** PLAIN: an object or Map from user name to password, which is looked at for each peer. */
  passwords?: PlainPasswords | undefined;
  /**
   * CURVE: the path of a folder of certificates or `{ folder, watch }`; public keys; or `'*'` for whoever has any. As
   * `Authenticator.configureCurve` of `@nest-zmq/core` takes them.
   */
  keys?: CurveKeys | undefined;
}

/**
 * Options of `ZmqModule.registerAuthenticator(…)`. `passwords` and `keys` hold in all domains that have neither rules
 * nor a `@ZapHandler` of their own.
 */
export interface ZmqAuthenticatorOptions extends ZmqDomainRules {
  /** The context whose sockets are guarded: that of the servers and pools. One authenticator each. Default: the process's own. */
  context?: Context | undefined;
  /** Only peers from these addresses may connect: `10.1.2.3`, `10.0.0.0/8`, `fd00::/8`, `ipc`. */
  allow?: string[] | undefined;
  /** Peers from these addresses may not. */
  deny?: string[] | undefined;
  /** By domain (the option `security.domain`). */
  domains?: Readonly<Record<string, ZmqDomainRules>> | undefined;
  /** How long a handler may think, in ms; 0 is as long as a handshake may take. Default 10,000. */
  handlerTimeout?: number | undefined;
}

const anObject: OptionCheck = (key, value) => {
  if (typeof value !== 'object' || value === null) throw new ZmqOptionsError(key, 'must be an object');
};

const addresses: OptionCheck = (key, value) => {
  if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return;
  throw new ZmqOptionsError(key, "must be a list of addresses such as '10.0.0.0/8'");
};

/** Their values are in no message. */
const passwords: OptionCheck = (key, value) => {
  if ((typeof value === 'object' && value !== null) || typeof value === 'function') return;
  throw new ZmqOptionsError(key, 'must be an object or a Map from user name to password, or a function');
};

const keys: OptionCheck = (key, value) => {
  if (value === '') throw new ZmqOptionsError(key, 'must not be empty');
  if (typeof value === 'string' || (typeof value === 'object' && value !== null) || typeof value === 'function') return;
  throw new ZmqOptionsError(key, "must be a folder, a list of public keys, a function, or '*'");
};

const ruleChecks: OptionChecks<ZmqDomainRules> = { passwords, keys };

const checks: OptionChecks<ZmqAuthenticatorOptions> = {
  ...ruleChecks,
  context: having('checkConnect'),
  allow: addresses,
  deny: addresses,
  domains: (key, value) => {
    anObject(key, value);
    for (const [domain, rules] of Object.entries(value as object)) checkOptions(rules, ruleChecks, `${key}.${domain}.`);
  },
  handlerTimeout: whole(0),
};

/** @throws ZmqOptionsError */
export function checkAuthenticatorOptions(options: unknown): asserts options is ZmqAuthenticatorOptions {
  checkOptions<ZmqAuthenticatorOptions>(options, checks);
}
