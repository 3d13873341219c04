import { equalSecrets } from '../foundation/equal-secrets.js';
import { type AdmissionCallback, admitted, type Outcome, refused } from './admission.js';
import type { ZapRequest } from './zap-request.js';

/**
 * Who has which password: an object or a map from user name to password, which is read
 * for every peer, so that a change counts at once; or a callback.
 */
export type PlainPasswords = Readonly<Record<string, string>> | ReadonlyMap<string, string> | AdmissionCallback;

/** Compared with when there is no such user, so that the time does not tell who there is. */
const NOBODY = 'nobody has this password';

/** Throws a `TypeError` for what is neither object, map nor callback. */
export function checkPasswords(passwords: unknown): void {
  const isSource = (typeof passwords === 'object' && passwords !== null) || typeof passwords === 'function';
  if (!isSource) throw new TypeError('passwords must be an object, a Map or a function');
}

export function judgePassword(
  passwords: Exclude<PlainPasswords, AdmissionCallback>,
  { username, password }: ZapRequest,
): Outcome {
  const expected = passwordOf(passwords, username);
  const same = equalSecrets(password, expected ?? NOBODY);
  // One reason for both: whoever reads the log may be told which, but not by way of a guess.
  return same && expected !== undefined ? admitted(username) : refused('wrong user name or password');
}

function passwordOf(passwords: Exclude<PlainPasswords, AdmissionCallback>, username: string): string | undefined {
  const password =
    passwords instanceof Map
      ? (passwords.get(username) as unknown)
      : Object.hasOwn(passwords, username)
        ? (passwords as Readonly<Record<string, unknown>>)[username]
        : undefined;
  return typeof password === 'string' ? password : undefined;
}
