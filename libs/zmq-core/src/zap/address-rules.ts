import { ZmqError } from '../foundation/errors.js';
import { type IpRange, isInRanges, parseIpRange } from '../foundation/ip-range.js';

/** The name of all peers that have no IP address: they are on this machine. */
const IPC = 'ipc';

class AddressList {
  readonly #ranges: IpRange[] = [];
  #ipc = false;

  get empty(): boolean {
    return this.#ranges.length === 0 && !this.#ipc;
  }

  /** All or, with the error, none. */
  add(texts: readonly string[]): void {
    const ranges = texts.filter((text) => text !== IPC).map(readRange);
    this.#ranges.push(...ranges);
    this.#ipc ||= texts.includes(IPC);
  }

  has(address: string): boolean {
    return address === '' ? this.#ipc : isInRanges(address, this.#ranges);
  }
}

/** Who may connect, by where he is. */
export class AddressRules {
  #allowed = new AddressList();
  #denied = new AddressList();

  allow(texts: readonly string[]): void {
    // A list that came out empty must not let everybody in.
    if (texts.length === 0) throw new ZmqError('EINVAL', 'no address is allowed; name at least one');
    this.#allowed.add(texts);
  }

  deny(texts: readonly string[]): void {
    this.#denied.add(texts);
  }

  clear(): void {
    this.#allowed = new AddressList();
    this.#denied = new AddressList();
  }

  /** Why the address may not connect. Who is on both lists may not. */
  refusal(address: string): string | undefined {
    if (this.#denied.has(address)) return 'the address is denied';
    if (!this.#allowed.empty && !this.#allowed.has(address)) return 'the address is not among those allowed';
    return undefined;
  }
}

function readRange(text: unknown): IpRange {
  if (typeof text !== 'string') throw new TypeError('an address must be a string');
  const range = parseIpRange(text);
  if (range !== undefined) return range;
  throw new ZmqError(
    'EINVAL',
    `${JSON.stringify(text)} is no address; it must be like "10.1.2.3", "10.0.0.0/8", "fd00::/8", or "ipc"`,
  );
}
