import { ProtocolError } from '../foundation/errors.js';

/**
 * Property lists of READY and INITIATE (37/ZMTP "Metadata"): each is a name with
 * a one-octet length and a value with a four-octet length, in network order.
 */
export type Properties = ReadonlyMap<string, Buffer>;

export const SOCKET_TYPE = 'Socket-Type';
export const IDENTITY = 'Identity';

export function encodeMetadata(properties: readonly (readonly [name: string, value: Buffer])[]): Buffer {
  let size = 0;
  for (const [name, value] of properties) size += 1 + name.length + 4 + value.length;
  const bytes = Buffer.allocUnsafe(size);
  let at = 0;
  for (const [name, value] of properties) {
    bytes[at++] = name.length;
    at += bytes.write(name, at, 'latin1');
    at = bytes.writeUInt32BE(value.length, at);
    bytes.set(value, at);
    at += value.length;
  }
  return bytes;
}

/**
 * Reads a property list to its last byte. Throws for a cut property, an empty or a
 * repeated name. The values are copies: they outlive the chunk.
 */
export function decodeMetadata(bytes: Buffer): Properties {
  const properties = new Map<string, Buffer>();
  const seen = new Set<string>();
  let at = 0;
  while (at < bytes.length) {
    const nameEnd = at + 1 + bytes[at]!;
    if (nameEnd === at + 1) throw malformed('a property has no name');
    if (nameEnd + 4 > bytes.length) throw malformed('a property is cut');
    const name = bytes.toString('latin1', at + 1, nameEnd);
    const valueEnd = nameEnd + 4 + bytes.readUInt32BE(nameEnd);
    if (valueEnd > bytes.length) throw malformed(`the value of "${name}" is cut`);
    const key = name.toLowerCase();
    if (seen.has(key)) throw malformed(`"${name}" is there twice`);
    seen.add(key);
    properties.set(name, Buffer.from(bytes.subarray(nameEnd + 4, valueEnd)));
    at = valueEnd;
  }
  return properties;
}

/** Names are case-insensitive (37/ZMTP); libzmq compares them exactly, we follow the RFC. */
export function findProperty(properties: Properties, name: string): Buffer | undefined {
  const exact = properties.get(name);
  if (exact !== undefined) return exact;
  const wanted = name.toLowerCase();
  for (const [key, value] of properties) if (key.toLowerCase() === wanted) return value;
  return undefined;
}

function malformed(why: string): ProtocolError {
  return new ProtocolError('ERR_ZMTP_INVALID_METADATA', why);
}
