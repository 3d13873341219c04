/** IP addresses that begin alike: `10.0.0.0/8`, `::1`. */
export interface IpRange {
  /** 4 or 16. */
  readonly bytes: readonly number[];
  /** How many leading bits count. */
  readonly bits: number;
}

/** An address, or one with `/` and the number of its leading bits; `undefined` for all else. */
export function parseIpRange(text: string): IpRange | undefined {
  const [address = '', mask, ...rest] = text.split('/');
  const bytes = parseIp(address);
  if (bytes === undefined || rest.length > 0) return undefined;
  const all = bytes.length * 8;
  if (mask === undefined) return { bytes, bits: all };
  if (!/^(0|[1-9]\d{0,2})$/.test(mask)) return undefined;
  // Of an IPv4 address that is written as IPv6 the bits are those of IPv6.
  const bits = Number(mask) - (bytes.length === 4 && address.includes(':') ? 96 : 0);
  return bits >= 0 && bits <= all ? { bytes, bits } : undefined;
}

/** Whether an address is in one of the ranges. An IPv4 address that is written as IPv6 (`::ffff:10.1.2.3`) is one of IPv4. */
export function isInRanges(address: string, ranges: readonly IpRange[]): boolean {
  const found = parseIp(address.replace(/%.*$/, ''));
  return found !== undefined && ranges.some((range) => contains(range, found));
}

function contains({ bytes, bits }: IpRange, address: readonly number[]): boolean {
  if (bytes.length !== address.length) return false;
  const whole = bits >> 3;
  for (let i = 0; i < whole; i++) if (bytes[i] !== address[i]) return false;
  const mask = 0xff00 >> (bits & 7);
  return (bits & 7) === 0 || (bytes[whole]! & mask & 0xff) === (address[whole]! & mask & 0xff);
}

/** The 4 or 16 bytes of an address as it is usually written; `undefined` for all else. */
export function parseIp(text: string): number[] | undefined {
  return parseIpv4(text) ?? parseIpv6(text);
}

function parseIpv4(text: string): number[] | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256))
    return undefined;
  return parts.map(Number);
}

function parseIpv6(text: string): number[] | undefined {
  const [head, tail, ...rest] = text.split('::');
  if (rest.length > 0) return undefined;
  const front = parseGroups(head!, tail === undefined);
  const back = tail === undefined ? [] : parseGroups(tail, true);
  if (front === undefined || back === undefined) return undefined;
  const missing = 16 - front.length - back.length;
  // `::` stands for at least one group.
  if (tail === undefined ? missing !== 0 : missing < 2) return undefined;
  const bytes = [...front, ...new Array<number>(missing).fill(0), ...back];
  const isMapped = bytes.slice(0, 12).join() === '0,0,0,0,0,0,0,0,0,0,255,255';
  return isMapped ? bytes.slice(12) : bytes;
}

/** @param isEnd an IPv4 address may stand at the end */
function parseGroups(text: string, isEnd: boolean): number[] | undefined {
  if (text === '') return [];
  const bytes: number[] = [];
  const groups = text.split(':');
  for (const [i, group] of groups.entries()) {
    const ipv4 = isEnd && i === groups.length - 1 ? parseIpv4(group) : undefined;
    if (ipv4 !== undefined) bytes.push(...ipv4);
    else if (/^[0-9a-f]{1,4}$/i.test(group)) bytes.push(parseInt(group, 16) >> 8, parseInt(group, 16) & 0xff);
    else return undefined;
  }
  return bytes;
}
