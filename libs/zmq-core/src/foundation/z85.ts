import { ZmqError } from './errors.js';

/** 32/Z85: the character of each digit to base 85. */
const CHARACTERS = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#';
const BASE = 85;

const digits = new Map(Array.from(CHARACTERS, (character, digit) => [character, digit]));

/**
 * Bytes as text that is safe in source code and on command lines (32/Z85): 5 characters
 * for each 4 bytes, so a key of 32 bytes has 40.
 * @throws ZmqError EINVAL when the number of bytes is not a multiple of 4
 */
export function encodeZ85(bytes: Uint8Array): string {
  if (bytes.length % 4 !== 0) throw new ZmqError('EINVAL', `${bytes.length} bytes have no Z85: it takes 4 at a time`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let text = '';
  for (let at = 0; at < bytes.length; at += 4) {
    let value = view.getUint32(at);
    let group = '';
    for (let i = 0; i < 5; i++) {
      group = CHARACTERS[value % BASE]! + group;
      value = Math.floor(value / BASE);
    }
    text += group;
  }
  return text;
}

/**
 * The bytes of a Z85 text.
 * @throws ZmqError EINVAL that tells what is wrong with the text, and not the text itself:
 *   it may be a secret key
 */
export function decodeZ85(text: string): Buffer {
  if (text.length % 5 !== 0) throw notZ85(`has ${text.length} characters, which is not a multiple of 5`);
  const bytes = Buffer.alloc((text.length / 5) * 4);
  for (let group = 0; group * 5 < text.length; group++) {
    let value = 0;
    for (let i = group * 5; i < group * 5 + 5; i++) {
      const digit = digits.get(text[i]!);
      if (digit === undefined) throw notZ85(`has at position ${i} a character that is none of Z85`);
      value = value * BASE + digit;
    }
    if (value > 0xffffffff) throw notZ85(`has at position ${group * 5} five characters that are more than 32 bits`);
    bytes.writeUInt32BE(value, group * 4);
  }
  return bytes;
}

function notZ85(why: string): ZmqError {
  return new ZmqError('EINVAL', `the text is not Z85: it ${why}`);
}
