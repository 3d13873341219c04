import { curvePublicKey } from '@nest-zmq/core';
import { ZmqOptionsError } from '../zmq.errors.js';
import type { OptionCheck } from '../zmq.options.check.js';
import { keyText } from './security.keys.js';

type Given = Readonly<Record<string, unknown>>;
type Rows = Readonly<Record<string, OptionCheck>>;

const MAX_BYTES = 255;

/** No value is in a message: what somebody has mistaken for a user name may be a password. */
const shortText: OptionCheck = (key, value) => {
  if (typeof value === 'string' && value !== '' && Buffer.byteLength(value) <= MAX_BYTES) return;
  throw new ZmqOptionsError(key, `must be a string of 1 to ${MAX_BYTES} bytes`);
};

const curveKey: OptionCheck = (key, value) => {
  if (keyText(value) !== undefined) return;
  throw new ZmqOptionsError(key, 'must be a CURVE key: 40 characters of Z85, or a Buffer of 32 bytes');
};

const flag: OptionCheck = (key, value) => {
  if (typeof value !== 'boolean') throw new ZmqOptionsError(key, 'must be true or false');
};

/** What each side of each mechanism takes. */
const rows = {
  null: { domain: shortText },
  plainServer: { domain: shortText },
  plainClient: { username: shortText, password: shortText },
  curveServer: { domain: shortText, secretKey: curveKey, publicKey: curveKey, requireAuthenticator: flag },
  curveClient: { serverKey: curveKey, secretKey: curveKey, publicKey: curveKey },
} satisfies Record<string, Rows>;

/** The option `security` of servers, clients and pools. Throws `ZmqOptionsError` that names the bad key. */
export const security: OptionCheck = (key, value) => {
  if (typeof value !== 'object' || value === null) {
    throw new ZmqOptionsError(key, "must be an object such as { mechanism: 'CURVE', secretKey: … }");
  }
  const given = value as Given;
  const known = rowsOf(key, given);
  for (const [name, each] of Object.entries(given)) {
    if (name === 'mechanism') continue;
    const check = Object.hasOwn(known, name) ? known[name] : undefined;
    if (check === undefined) {
      throw new ZmqOptionsError(`${key}.${name}`, `is unknown here; known are ${Object.keys(known).join(', ')}`);
    }
    if (each !== undefined) check(`${key}.${name}`, each);
  }
  refuseMissing(key, given);
  if (given['mechanism'] === 'CURVE') checkPair(key, given);
};

/** Who has something to prove is the client of the mechanism. */
function rowsOf(key: string, given: Given): Rows {
  switch (given['mechanism']) {
    case 'NULL':
      return rows.null;
    case 'PLAIN':
      return 'username' in given || 'password' in given ? rows.plainClient : rows.plainServer;
    case 'CURVE':
      return 'serverKey' in given ? rows.curveClient : rows.curveServer;
    default:
      throw new ZmqOptionsError(`${key}.mechanism`, "must be 'NULL', 'PLAIN' or 'CURVE'");
  }
}

/** Which side it is depends on what is there: a variable that is not set must not make a server of a client. */
function refuseMissing(key: string, given: Given): void {
  const needed: Given =
    given['mechanism'] === 'PLAIN' && ('username' in given || 'password' in given)
      ? { username: undefined, password: undefined, ...given }
      : given;
  for (const name of ['username', 'password', 'serverKey', 'secretKey']) {
    if (!(name in needed) || needed[name] !== undefined) continue;
    throw new ZmqOptionsError(`${key}.${name}`, 'is missing: is it set in the configuration?');
  }
}

function checkPair(key: string, given: Given): void {
  const [secretKey, publicKey] = [keyText(given['secretKey']), keyText(given['publicKey'])];
  if (secretKey === undefined) {
    if (publicKey === undefined && 'serverKey' in given) return;
    throw new ZmqOptionsError(`${key}.secretKey`, "is needed: 'npx -p @nest-zmq/core nest-zmq keygen' makes a pair");
  }
  if (publicKey !== undefined && curvePublicKey(secretKey) !== publicKey) {
    throw new ZmqOptionsError(`${key}.publicKey`, 'does not belong to secretKey');
  }
}
