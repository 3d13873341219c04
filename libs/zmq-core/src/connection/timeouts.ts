import { ZmqError } from '../foundation/errors.js';
import type { ConnectionFailure } from './connection.js';

export function handshakeTimeout(handshakeMs: number): ConnectionFailure {
  return timeout(true, `no handshake within ${handshakeMs} ms (handshakeInterval)`);
}

export function silence(): ConnectionFailure {
  return timeout(false, 'the peer was silent for longer than the heartbeat allows');
}

function timeout(handshaking: boolean, why: string): ConnectionFailure {
  return { kind: 'timeout', handshaking, error: new ZmqError('ETIMEDOUT', why) };
}
