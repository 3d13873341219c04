/*
 * ZMTP by hand, written from the specification and from what libzmq sends, so that
 * the conformance tests share nothing with the code they test.
 */

/** Bytes as specifications write them: hex digits and quoted ASCII, blanks between. */
export function bytes(notation: string): Buffer {
  const parts: Buffer[] = [];
  for (const [, text, hex] of notation.matchAll(/"([^"]*)"|([^\s"]+)/g)) {
    parts.push(text === undefined ? Buffer.from(hex!, 'hex') : Buffer.from(text, 'latin1'));
  }
  return Buffer.concat(parts);
}

/** `size` bytes that differ from place to place. */
export function pattern(size: number, seed = 0): Buffer {
  const buffer = Buffer.allocUnsafe(size);
  for (let i = 0; i < size; i++) buffer[i] = (i * 31 + (i >> 8) * 7 + seed * 101 + 1) & 0xff;
  return buffer;
}

export const GREETING_SIZE = 64;

/** A greeting as libzmq sends it without an identity. */
export function greeting(major = 3, minor = 1, mechanism = 'NULL'): Buffer {
  const whole = Buffer.alloc(GREETING_SIZE);
  bytes('FF 0000000000000001 7F').copy(whole);
  whole[10] = major;
  whole[11] = minor;
  whole.write(mechanism, 12, 'latin1');
  return whole;
}

export function frame(flags: number, body: Buffer): Buffer {
  if (body.length <= 255) return Buffer.concat([Buffer.from([flags, body.length]), body]);
  const header = Buffer.alloc(9);
  header[0] = flags | 2;
  header.writeBigUInt64BE(BigInt(body.length), 1);
  return Buffer.concat([header, body]);
}

/** A message of these frames. Strings are latin1. */
export function message(...frames: readonly (Buffer | string)[]): Buffer {
  return Buffer.concat(
    frames.map((body, i) =>
      frame(i < frames.length - 1 ? 1 : 0, typeof body === 'string' ? Buffer.from(body, 'latin1') : body),
    ),
  );
}

export function command(name: string, data: Buffer = Buffer.alloc(0)): Buffer {
  return frame(4, Buffer.concat([Buffer.from([name.length]), Buffer.from(name, 'latin1'), data]));
}

export function property(name: string, value: Buffer | string): Buffer {
  const head = Buffer.from([name.length]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(Buffer.byteLength(value));
  return Buffer.concat([head, Buffer.from(name, 'latin1'), length, Buffer.from(value)]);
}

/** READY of a socket type, with an identity if it is given (libzmq: always, even empty, for REQ, DEALER and ROUTER). */
export function ready(socketType: string, identity?: Buffer | string): Buffer {
  const properties = [property('Socket-Type', socketType)];
  if (identity !== undefined) properties.push(property('Identity', identity));
  return command('READY', Buffer.concat(properties));
}
