/**
 * The frame of ZMTP 1.0 (13/ZMTP): its length, which counts the flags too, the flags,
 * the body. From 255 on the length is FF and eight octets.
 *
 *   length   flags   body            FF   length (8)   flags   body
 */
export const LEGACY_MORE = 1;
export const LEGACY_LONG = 0xff;
export const LEGACY_SHORT_HEADER = 2;
export const LEGACY_LONG_HEADER = 10;

export function encodeLegacyHeader(bodySize: number, more: boolean): Buffer {
  const length = bodySize + 1;
  const flags = more ? LEGACY_MORE : 0;
  if (length < LEGACY_LONG) return Buffer.from([length, flags]);
  const header = Buffer.alloc(LEGACY_LONG_HEADER);
  header[0] = LEGACY_LONG;
  header.writeUIntBE(length, 3, 6);
  header[9] = flags;
  return header;
}
