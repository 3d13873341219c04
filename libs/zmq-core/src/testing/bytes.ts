import { createHash } from 'node:crypto';

/**
 * Bytes as specifications write them: hex digits and quoted ASCII, blanks between.
 *
 *   bytes('04 0A 05 "READY" 00000000')
 */
export function bytes(notation: string): Buffer {
  const parts: Buffer[] = [];
  for (const [, text, hex] of notation.matchAll(/"([^"]*)"|([^\s"]+)/g)) {
    if (hex !== undefined && !/^([0-9a-f]{2})+$/i.test(hex)) throw new Error(`"${hex}" is not hex`);
    parts.push(text === undefined ? Buffer.from(hex!, 'hex') : Buffer.from(text, 'latin1'));
  }
  return Buffer.concat(parts);
}

/** `size` bytes that differ from place to place, so that a shifted copy is noticed. */
export function pattern(size: number, seed = 0): Buffer {
  const buffer = Buffer.allocUnsafe(size);
  for (let i = 0; i < size; i++) buffer[i] = (i * 31 + (i >> 8) * 7 + seed * 101 + 1) & 0xff;
  return buffer;
}

/** Bytes as a short text, equal if and only if they are: comparing long buffers with `toEqual` is very slow. */
export function print(buffer: Buffer): string {
  if (buffer.length <= 64) return buffer.toString('hex');
  return `${buffer.length} bytes, sha1 ${createHash('sha1').update(buffer).digest('hex')}`;
}
