import type { SocketTypeName } from '../foundation/socket-type.js';

/** What an option's value is to the user, by kind. */
export interface OptionKinds {
  /** A whole number; a fraction is cut off. */
  int: number;
  /** A bit mask of 64 bits, as a number. */
  mask: number;
  bool: boolean;
  /** `min` to `max` bytes of text; with `nullable`, `null` takes it away. */
  text: string | null;
  /** Like `text`, kept as bytes: it goes to the peer as it is. */
  name: string | null;
  bytes: Buffer | string | null;
  /** 32 bytes, or the same as 40 characters of Z85. */
  key: Buffer | string | null;
  /** Every write adds one, `null` removes all. Read as one text with commas. */
  filters: string | null;
  /** A number of the operating system, or none. */
  id: number | null;
  fraction: number;
  verbosity: 'allSubs' | 'allSubsUnsubs' | null;
  metadata: Readonly<Record<string, string>>;
}
export type OptionKind = keyof OptionKinds;

/** What is kept of a value, where that is something else. */
export interface StoredKinds {
  name: Buffer | null;
  bytes: Buffer | null;
  filters: readonly string[];
}

/** What a value other than the default does, when it does not do what the option says. */
export interface OptionEffect {
  /** `none`: it is kept, with one warning a process. `refused`: ENOTSUP. */
  readonly kind: 'none' | 'refused';
  /** Goes behind "has no effect: " or "Operation not supported: ". */
  readonly reason: string;
}

/** What a value may be. */
export interface ValueRow {
  readonly kind: OptionKind;
  readonly initial: unknown;
  /** Of a number its value, of a text its size in bytes. */
  readonly min?: number;
  readonly max?: number;
  readonly nullable?: true;
  /** Its value is in no error's text. */
  readonly secret?: true;
  /** Default: the option is honoured. */
  readonly effect?: OptionEffect;
}

export interface OptionRow extends ValueRow {
  /** libzmq's number; negative for options that are ours. */
  readonly id: number;
  /** libzmq's name behind `ZMQ_`; none for options that are ours. */
  readonly zmq?: string;
  readonly unit?: string;
  readonly on: readonly SocketTypeName[];
  /** Takes effect on what is bound and connected already. All others count for later binds and connects only. */
  readonly live?: true;
  /** The warning that it counts later comes nevertheless, as with zeromq.js: programs that look for it find the same. */
  readonly warns?: true;
  /** libzmq does not tell its value. Here every option can be read; the drop-in entry follows libzmq. */
  readonly access?: 'write-only';
}

/** What a socket tells of itself. */
export interface ReadOnlyRow {
  readonly id: number;
  readonly zmq: string;
  readonly type: 'number' | 'boolean' | 'string' | 'mechanism';
  readonly on: readonly SocketTypeName[];
}
