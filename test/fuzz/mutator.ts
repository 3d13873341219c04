import type { Dice } from '../support/dice.js';

/** What a peer says, in the pieces that mean something: a greeting, a command, a frame. */
export type Session = readonly Buffer[];

/** Lengths and counts at which code that counts goes wrong, as they stand on the wire. */
const NUMBERS: readonly Buffer[] = [
  '00', '01', '02', '03', '04', '05', '06', '07', '08', '09', '0a', '1f', '20', '21', '3f', '40', '7e', '7f', '80', 'f8', 'fe', 'ff',
  '0000', '0001', '00ff', '0100', '7fff', '8000', 'fffe', 'ffff',
  '00000000', '00000001', '0000ffff', '00010000', '7fffffff', '80000000', 'ffffffff',
  '0000000000000000', '0000000000000001', '00000000000000ff', '0000000000000100', '0000000000ffffff', '0000000001000000',
  '000000007fffffff', '0000000080000000', '00000000ffffffff', '0000010000000000', '001fffffffffffff', '0020000000000001',
  '7fffffffffffffff', '8000000000000000', 'ffffffffffffffff',
].map((hex) => Buffer.from(hex, 'hex')); // prettier-ignore

/** Words of the protocol, each with what stands before it on the wire. */
const WORDS: readonly Buffer[] = [
  '\x05READY', '\x05ERROR', '\x04PING', '\x04PONG', '\x09SUBSCRIBE', '\x06CANCEL', '\x04JOIN', '\x05LEAVE', '\x05HELLO', '\x07WELCOME',
  '\x08INITIATE', '\x07MESSAGE', '\x0bSocket-Type', '\x08Identity', '\x07User-Id', '\x09__proto__', '\x0bconstructor', 'NULL', 'PLAIN', 'CURVE', '\xff\0\0\0\0\0\0\0\x01\x7f',
].map((word) => Buffer.from(word, 'latin1')); // prettier-ignore

/** A mutant is not larger: size is tested elsewhere, here it would only cost time. */
const MAX_SIZE = 8 * 1024;

/**
 * Makes bad sessions of good ones. Most of a mutant is as it was, for what is wrong from
 * the first byte on is refused there, and nothing behind it is tried.
 */
export class Mutator {
  readonly #dice: Dice;
  readonly #corpus: readonly Session[];

  constructor(dice: Dice, corpus: readonly Session[]) {
    this.#dice = dice;
    this.#corpus = corpus;
  }

  /** Some session of the corpus with 0 to 6 things wrong, most often one. */
  session(): Buffer[] {
    const dice = this.#dice;
    let pieces = [...dice.pick(this.#corpus)];
    let changes = 1;
    if (dice.chance(0.02)) changes = 0;
    else while (changes < 6 && dice.chance(0.35)) changes++;
    for (let i = 0; i < changes; i++) {
      if (pieces.length === 0) return pieces;
      pieces = this.#changed(pieces);
    }
    return pieces;
  }

  /** The bytes in chunks as a network might bring them: in one, in the pieces, or cut anywhere. */
  chunks(pieces: readonly Buffer[]): Buffer[] {
    const dice = this.#dice;
    const how = dice.below(8);
    if (how < 3) return [Buffer.concat(pieces)];
    if (how < 5) return pieces.map((piece) => Buffer.from(piece));
    const whole = Buffer.concat(pieces);
    if (how === 7 && whole.length <= 256) return Array.from(whole, (_, i) => whole.subarray(i, i + 1));
    const chunks: Buffer[] = [];
    for (let at = 0; at < whole.length;) {
      const size = 1 + (dice.chance(0.5) ? dice.below(12) : dice.below(whole.length));
      chunks.push(whole.subarray(at, at + size));
      at += size;
    }
    return chunks;
  }

  #changed(pieces: Buffer[]): Buffer[] {
    const dice = this.#dice;
    const at = dice.below(pieces.length);
    const piece = pieces[at]!;
    switch (dice.below(16)) {
      case 0: // a piece is missing
        return pieces.filter((_, i) => i !== at);
      case 1: // comes twice
        return [...pieces.slice(0, at), piece, ...pieces.slice(at)];
      case 2: // changes places with the next
        if (at + 1 < pieces.length) [pieces[at], pieces[at + 1]] = [pieces[at + 1]!, piece];
        return pieces;
      case 3: // or comes first, or last
        pieces.splice(at, 1);
        return dice.chance(0.5) ? [piece, ...pieces] : [...pieces, piece];
      case 4: // all ends here
        return [...pieces.slice(0, at), piece.subarray(0, dice.below(piece.length + 1))];
      case 5: // goes on as another session
        return [...pieces.slice(0, at + 1), ...this.#tail()];
      case 6: // a piece of another session
        return [...pieces.slice(0, at), dice.pick(dice.pick(this.#corpus)), ...pieces.slice(at)];
      case 7: // many times
        return piece.length * 40 > MAX_SIZE
          ? pieces
          : [...pieces.slice(0, at), ...new Array<Buffer>(1 + dice.below(40)).fill(piece), ...pieces.slice(at)];
      default:
        pieces[at] = this.#changedBytes(piece);
        return pieces;
    }
  }

  #tail(): Session {
    const other = this.#dice.pick(this.#corpus);
    return other.slice(this.#dice.below(other.length));
  }

  #changedBytes(piece: Buffer): Buffer {
    const dice = this.#dice;
    const at = this.#place(piece.length);
    switch (dice.below(9)) {
      case 0: // a bit
      case 1: {
        const copy = Buffer.from(piece);
        if (piece.length > 0) copy[at]! ^= 1 << dice.below(8);
        return copy;
      }
      case 2: {
        const copy = Buffer.from(piece);
        if (piece.length > 0) copy[at] = dice.next();
        return copy;
      }
      case 3: // a number over what is there: most often a length
        return over(piece, at, dice.pick(NUMBERS));
      case 4: // or in between
        return between(piece, at, dice.pick(NUMBERS));
      case 5:
        return dice.chance(0.5) ? over(piece, at, dice.pick(WORDS)) : between(piece, at, dice.pick(WORDS));
      case 6: // random bytes in between
        return between(piece, at, dice.bytes(dice.below(20)));
      case 7: // some are missing
        return Buffer.concat([piece.subarray(0, at), piece.subarray(at + 1 + dice.below(8))]);
      default: // a part comes twice
        return piece.length * 2 > MAX_SIZE ? piece : between(piece, at, piece.subarray(dice.below(piece.length + 1)));
    }
  }

  /** Where something is wrong: near the beginning, where the lengths are, as often as elsewhere. */
  #place(length: number): number {
    if (length === 0) return 0;
    return this.#dice.chance(0.5) ? this.#dice.below(Math.min(length, 16)) : this.#dice.below(length);
  }
}

function over(piece: Buffer, at: number, bytes: Buffer): Buffer {
  const copy = Buffer.from(piece);
  copy.set(bytes.subarray(0, Math.max(0, copy.length - at)), Math.min(at, copy.length));
  return copy;
}

function between(piece: Buffer, at: number, bytes: Buffer): Buffer {
  return Buffer.concat([piece.subarray(0, at), bytes, piece.subarray(at)]);
}
