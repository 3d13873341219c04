import { curveKeyPair, decodeZ85 } from '@nest-zmq/core';
import { ZmqOptionsError } from '../zmq.errors.js';
import { security } from './security.options.check.js';
import { securitySocketOptions } from './security.sockets.js';
import type { ZmqSecurityOptions } from './security.options.js';

const server = curveKeyPair();
const own = curveKeyPair();
const { publicKey, secretKey } = own;

function errorOf(options: unknown): ZmqOptionsError {
  try {
    security('security', options);
  } catch (error) {
    if (error instanceof ZmqOptionsError) return error;
    throw error;
  }
  throw new Error('it was taken');
}

const curve = { mechanism: 'CURVE', secretKey } as const;

describe('security', () => {
  it.each<[string, unknown]>([
    ['security', null],
    ['security', 'CURVE'],
    ['security.mechanism', {}],
    ['security.mechanism', { mechanism: 'curve' }],
    ['security.mechanism', { mechanism: 'GSSAPI' }],
    ['security.domain', { mechanism: 'NULL', domain: '' }],
    ['security.domain', { mechanism: 'PLAIN', domain: 'x'.repeat(256) }],
    ['security.domain', { mechanism: 'PLAIN', username: 'a', password: 'b', domain: 'c' }],
    ['security.username', { mechanism: 'PLAIN', password: 'swordfish' }],
    ['security.username', { mechanism: 'PLAIN', username: '', password: 'swordfish' }],
    ['security.username', { mechanism: 'PLAIN', username: undefined, password: 'swordfish' }],
    ['security.password', { mechanism: 'PLAIN', username: 'joe' }],
    ['security.password', { mechanism: 'PLAIN', username: 'joe', password: 'swordfish'.repeat(40) }],
    ['security.password', { mechanism: 'PLAIN', username: 'joe', password: undefined }],
    ['security.passwort', { mechanism: 'PLAIN', username: 'joe', password: 'swordfish', passwort: 'swordfish' }],
    ['security.secretKey', { mechanism: 'CURVE' }],
    ['security.secretKey', { mechanism: 'CURVE', secretKey: undefined }],
    ['security.secretKey', { mechanism: 'CURVE', secretKey: 'swordfish' }],
    ['security.secretKey', { mechanism: 'CURVE', secretKey: `${secretKey} ` }],
    ['security.secretKey', { mechanism: 'CURVE', secretKey: Buffer.alloc(31) }],
    ['security.secretKey', { mechanism: 'CURVE', secretKey: Buffer.from(secretKey) }],
    ['security.secretKey', { mechanism: 'CURVE', publicKey }],
    ['security.secretKey', { mechanism: 'CURVE', serverKey: server.publicKey, publicKey }],
    ['security.secretKey', { mechanism: 'CURVE', serverKey: server.publicKey, secretKey: undefined }],
    ['security.serverKey', { ...curve, serverKey: undefined }],
    ['security.serverKey', { ...curve, serverKey: 'swordfish' }],
    ['security.publicKey', { ...curve, publicKey: server.publicKey }],
    ['security.publicKey', { ...curve, publicKey: 5 }],
    ['security.requireAuthenticator', { ...curve, requireAuthenticator: 'yes' }],
    ['security.domain', { ...curve, serverKey: server.publicKey, domain: 'x' }],
    ['security.username', { ...curve, username: 'swordfish' }],
    ['security.__proto__', JSON.parse(`{"mechanism":"NULL","__proto__":1}`)],
  ])('names %s', (key, options) => {
    const error = errorOf(options);
    expect(error.key).toBe(key);
    expect(error.message).toContain(`'${key}'`);
    expect(error.message).not.toContain('swordfish');
    expect(error.message).not.toContain(secretKey.slice(5, 15));
  });

  it.each<[string, ZmqSecurityOptions | undefined, object]>([
    ['nothing', undefined, {}],
    ['NULL', { mechanism: 'NULL' }, {}],
    ['NULL in a domain', { mechanism: 'NULL', domain: 'orders' }, { zapDomain: 'orders', zapEnforceDomain: true }],
    ['PLAIN that asks', { mechanism: 'PLAIN' }, { plainServer: true, zapDomain: 'global', zapEnforceDomain: true }],
    [
      'PLAIN that shows',
      { mechanism: 'PLAIN', username: 'joe', password: 'x' },
      { plainUsername: 'joe', plainPassword: 'x' },
    ],
    [
      'CURVE that asks',
      { mechanism: 'CURVE', secretKey, publicKey, domain: 'orders' },
      {
        curveServer: true,
        curvePublicKey: publicKey,
        curveSecretKey: secretKey,
        zapDomain: 'orders',
        zapEnforceDomain: true,
      },
    ],
    [
      'CURVE that asks only if there is somebody to judge',
      { mechanism: 'CURVE', secretKey: decodeZ85(secretKey), requireAuthenticator: false },
      {
        curveServer: true,
        curvePublicKey: publicKey,
        curveSecretKey: secretKey,
        zapDomain: 'global',
        zapEnforceDomain: false,
      },
    ],
    [
      'CURVE that shows',
      { mechanism: 'CURVE', secretKey, serverKey: decodeZ85(server.publicKey) },
      { curveServerKey: server.publicKey, curvePublicKey: publicKey, curveSecretKey: secretKey },
    ],
  ])('%s', (_, options, expected) => {
    if (options !== undefined) security('security', options);
    expect(securitySocketOptions(options)).toEqual(expected);
  });

  it('CURVE without keys of its own has new ones for each socket', () => {
    const options = { mechanism: 'CURVE', serverKey: server.publicKey } as const;
    security('security', options);
    const [one, other] = [securitySocketOptions(options), securitySocketOptions(options)];
    expect(one.curvePublicKey).toHaveLength(40);
    expect(one.curveSecretKey).not.toBe(other.curveSecretKey);
  });
});
