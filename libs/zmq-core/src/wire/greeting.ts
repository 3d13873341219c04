import { ProtocolError } from '../foundation/errors.js';

/**
 * The 64 octets with which each side begins (23/ZMTP, 37/ZMTP "Greeting"):
 *
 *   0      1..8      9    10     11     12..31              32         33..63
 *   FF     padding   7F   major  minor  mechanism, NUL pad  as-server  zero
 */
export const GREETING_SIZE = 64;

const MAJOR = 3;
const MINOR = 1;
const MECHANISM_AT = 12;
const MECHANISM_SIZE = 20;
const AS_SERVER_AT = 32;
/** Only at the end: a name must agree on all of its 20 octets. */
const PADDING = /\0+$/;

export interface Greeting {
  readonly major: number;
  readonly minor: number;
  readonly mechanism: string;
  readonly asServer: boolean;
}

export function encodeGreeting(mechanism: string, asServer: boolean): Buffer {
  const greeting = Buffer.alloc(GREETING_SIZE);
  greeting[0] = 0xff;
  greeting[9] = 0x7f;
  greeting[10] = MAJOR;
  greeting[11] = MINOR;
  greeting.write(mechanism, MECHANISM_AT, MECHANISM_SIZE, 'latin1');
  greeting[AS_SERVER_AT] = asServer ? 1 : 0;
  return greeting;
}

/**
 * Throws at the first octet that no ZMTP 3 peer sends, so that an HTTP client or
 * a port scanner is closed at once. Octets 1–8 are padding and may be anything
 * (libzmq writes the length of its identity there).
 */
export function checkGreetingStart(bytes: Buffer, length: number): void {
  if (length > 0 && bytes[0] !== 0xff) throw notZmtp('it does not begin with the ZMTP signature');
  if (length > 9 && (bytes[9]! & 1) === 0) throw notZmtp('it speaks ZMTP 1.0, which is refused');
  if (length > 9 && bytes[9] !== 0x7f) throw notZmtp('its signature does not end with 7F');
  if (length > 10 && bytes[10]! < MAJOR) throw notZmtp('it speaks ZMTP 2.0 or older, which is refused');
}

/** Reads a whole greeting. A higher version is accepted: it has to speak ours (37/ZMTP "Version Negotiation"). */
export function decodeGreeting(bytes: Buffer): Greeting {
  checkGreetingStart(bytes, bytes.length);
  return {
    major: bytes[10]!,
    minor: bytes[11]!,
    mechanism: bytes.toString('latin1', MECHANISM_AT, MECHANISM_AT + MECHANISM_SIZE).replace(PADDING, ''),
    asServer: bytes[AS_SERVER_AT] === 1,
  };
}

/** Whether the peer understands SUBSCRIBE, CANCEL and the other commands of 3.1. */
export function speaksCommands(greeting: Greeting): boolean {
  return greeting.major > MAJOR || greeting.minor >= 1;
}

function notZmtp(why: string): ProtocolError {
  return new ProtocolError('ERR_ZMTP_UNSPECIFIED', `the peer is not a ZMTP 3 peer: ${why}`, 'greeting');
}
