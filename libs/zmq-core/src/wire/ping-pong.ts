import { ProtocolError } from '../foundation/errors.js';
import { encodeCommand } from './command.js';

/** PING and PONG (37/ZMTP "Heartbeating"). A context has at most 16 octets. */
const MAX_CONTEXT = 16;
/** libzmq multiplies the TTL in 16 bits: 656 deciseconds would make it drop us after 64 ms (libzmq #4226). */
const MAX_TTL_DECISECONDS = 655;

export interface Ping {
  /** How long the peer gives us to send something; 0 = it does not say. */
  readonly ttlMs: number;
  readonly context: Buffer;
}

export function encodePing(ttlMs: number): Buffer {
  const ttl = Buffer.alloc(2);
  ttl.writeUInt16BE(Math.min(Math.floor(ttlMs / 100), MAX_TTL_DECISECONDS));
  return encodeCommand('PING', ttl);
}

/** @param data what follows the command name; throws if it has no TTL */
export function decodePing(data: Buffer): Ping {
  if (data.length < 2) throw new ProtocolError('ERR_ZMTP_MALFORMED_COMMAND_UNSPECIFIED', 'a PING has no TTL');
  return { ttlMs: data.readUInt16BE(0) * 100, context: data.subarray(2, 2 + MAX_CONTEXT) };
}

export function encodePong(context: Buffer): Buffer {
  return encodeCommand('PONG', context);
}
