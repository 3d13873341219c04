import { ProtocolError } from '../foundation/errors.js';

/**
 * How a peer begins that may be older than ZMTP 3: 15/ZMTP (2.0) and 13/ZMTP (1.0).
 *
 *   0    1..8               9    10    11           then
 *   FF   padding            7F   03    minor        the greeting of 3.x goes on
 *   FF   padding            7F   01    socket type  2.0: identity and messages in frames of 2.0
 *   FF   padding            7F   00    socket type  an unreleased 1.x: frames of 1.0
 *   FF   length of a frame  00   identity …         1.0, with a long identity
 *   length   00   identity …                        1.0
 *
 * A 1.0 peer reads our first ten octets as the header of a long frame, which is to hold
 * our identity: so the padding is its length and one more.
 */
export type PeerVersion = '3.x' | '2.0' | '1.0' | 'unversioned 1.0';

export const SIGNATURE_SIZE = 10;
/** Signature, revision, socket type. */
export const LEGACY_GREETING_SIZE = 12;
const LONG_FRAME = 0xff;
const SIGNATURE_END = 0x7f;

/** What a socket says first when its peer may be of any version. */
export function encodeSignature(identitySize: number): Buffer {
  const signature = Buffer.alloc(SIGNATURE_SIZE);
  signature[0] = LONG_FRAME;
  signature.writeUInt32BE(identitySize + 1, 5);
  signature[9] = SIGNATURE_END;
  return signature;
}

/** Whether so many octets are a signature that has a revision behind it. */
export function isVersioned(bytes: Buffer): boolean {
  return bytes.length >= SIGNATURE_SIZE && bytes[0] === LONG_FRAME && bytes[9] === SIGNATURE_END;
}

/**
 * The version of the peer whose first octets these are; `undefined` while they do not
 * tell. Throws at the first octet that no peer sends. libzmq takes anything for 1.0
 * that is nothing else, an HTTP request too: its "G" is a length, its "E" are flags.
 */
export function peerVersion(bytes: Buffer): PeerVersion | undefined {
  const { length } = bytes;
  if (length === 0) return undefined;
  if (bytes[0] === LONG_FRAME) {
    if (length < SIGNATURE_SIZE) return undefined;
    if (isVersioned(bytes)) return length === SIGNATURE_SIZE ? undefined : versionOf(bytes[SIGNATURE_SIZE]!);
    checkIdentityFlags(bytes[9]!);
    return 'unversioned 1.0';
  }
  if (bytes[0] === 0) throw notZmtp('a frame of ZMTP 1.0 has a length of at least one');
  if (length < 2) return undefined;
  checkIdentityFlags(bytes[1]!);
  return 'unversioned 1.0';
}

function versionOf(revision: number): PeerVersion {
  if (revision === 0) return '1.0';
  return revision === 1 ? '2.0' : '3.x';
}

/** None by 13/ZMTP; libzmq 2.1 and 2.2 set the six reserved bits. */
function checkIdentityFlags(flags: number): void {
  if (flags !== 0 && flags !== 0x7e) throw notZmtp('it begins with neither a signature nor an identity');
}

function notZmtp(why: string): ProtocolError {
  return new ProtocolError('ERR_ZMTP_UNSPECIFIED', `the peer is not a ZMTP peer: ${why}`, 'greeting');
}
