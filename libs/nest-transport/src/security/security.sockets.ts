import { curveKeyPair, curvePublicKey } from '@nest-zmq/core';
import { knownKey } from './security.keys.js';
import type { ZmqCurveClientSecurity, ZmqCurveServerSecurity, ZmqSecurityOptions } from './security.options.js';

/** The options of a socket that secure its connections, as `@nest-zmq/core` has them. */
export interface SecuritySocketOptions {
  plainServer?: boolean;
  plainUsername?: string;
  plainPassword?: string;
  curveServer?: boolean;
  curvePublicKey?: string;
  curveSecretKey?: string;
  curveServerKey?: string;
  zapDomain?: string;
  zapEnforceDomain?: boolean;
}

const DEFAULT_DOMAIN = 'global';

/** Of options that were checked. */
export function securitySocketOptions(security: ZmqSecurityOptions | undefined): SecuritySocketOptions {
  switch (security?.mechanism) {
    case undefined:
      return {};
    case 'NULL':
      return security.domain === undefined ? {} : guarded(security.domain);
    case 'PLAIN':
      if ('username' in security) return { plainUsername: security.username, plainPassword: security.password };
      return { plainServer: true, ...guarded(security.domain) };
    case 'CURVE':
      return 'serverKey' in security ? curveClient(security) : curveServer(security);
  }
}

function curveServer({
  secretKey,
  domain,
  requireAuthenticator = true,
}: ZmqCurveServerSecurity): SecuritySocketOptions {
  return {
    curveServer: true,
    ...pairOf(knownKey(secretKey)),
    ...guarded(domain),
    zapEnforceDomain: requireAuthenticator,
  };
}

function curveClient({ serverKey, secretKey }: ZmqCurveClientSecurity): SecuritySocketOptions {
  const own = secretKey === undefined ? curveKeyPair().secretKey : knownKey(secretKey);
  return { curveServerKey: knownKey(serverKey), ...pairOf(own) };
}

function pairOf(secretKey: string): SecuritySocketOptions {
  return { curvePublicKey: curvePublicKey(secretKey), curveSecretKey: secretKey };
}

/** Nobody comes in unasked: without an authenticator the core would let NULL and CURVE peers in, as libzmq does. */
function guarded(domain = DEFAULT_DOMAIN): SecuritySocketOptions {
  return { zapDomain: domain, zapEnforceDomain: true };
}
