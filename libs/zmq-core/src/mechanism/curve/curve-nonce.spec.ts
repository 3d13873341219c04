import { nonceOf, prefixes, ReceivedNonces, SentNonces } from './curve-nonce.js';

const WORD = 0xffffffff;

/** The counter that `next` writes, or `undefined`. */
function next(nonces: SentNonces): bigint | undefined {
  const nonce = Buffer.alloc(24, 'x');
  if (!nonces.next(nonce)) {
    expect(nonce).toEqual(Buffer.alloc(24, 'x'));
    return undefined;
  }
  expect(nonce.toString('latin1', 0, 16)).toBe('x'.repeat(16));
  return nonce.readBigUInt64BE(16);
}

/** A nonce in something longer, at 3. */
function within(value: bigint): Buffer {
  const bytes = Buffer.alloc(12, 0xff);
  bytes.writeBigUInt64BE(value, 3);
  return bytes;
}
const accepts = (nonces: ReceivedNonces, value: bigint): boolean => nonces.accept(within(value), 3);
const acceptsNext = (nonces: ReceivedNonces, value: bigint): boolean => nonces.acceptNext(within(value), 3);

describe('what is sent', () => {
  it('26-HELLO-12 26-READY-6: begins with 1 and goes up by 1', () => {
    const nonces = new SentNonces();
    for (let i = 1n; i < 1000n; i++) expect(next(nonces)).toBe(i);
  });

  it.each([
    ['2^31', 0, 0x7ffffffe],
    ['2^32', 0, WORD - 1],
    ['2^53', 2 ** 21 - 1, WORD - 1],
    ['2^63', 2 ** 31 - 1, WORD - 1],
  ])('goes right across %s', (_, high, low) => {
    const nonces = new SentNonces(high, low);
    const before = (BigInt(high) << 32n) | BigInt(low);
    for (let i = 1n; i <= 4n; i++) expect(next(nonces)).toBe(before + i);
  });

  it('26-HELLO-13 26-READY-7: ends before 2^64-1, and never begins anew', () => {
    const nonces = new SentNonces(WORD, WORD - 3);
    expect(next(nonces)).toBe(2n ** 64n - 3n);
    expect(next(nonces)).toBe(2n ** 64n - 2n);
    for (let i = 0; i < 3; i++) expect(next(nonces)).toBeUndefined();
  });
});

describe('what is received', () => {
  it('26-HELLO-14 26-READY-8: must go up in the handshake, with gaps or without', () => {
    const nonces = new ReceivedNonces();
    for (const value of [0n, 1n, 2n, 5n, 2n ** 40n]) expect(accepts(nonces, value)).toBe(true);
    for (const value of [0n, 5n, 2n ** 40n, 2n ** 40n - 1n]) expect(accepts(nonces, value)).toBe(false);
    expect(accepts(nonces, 2n ** 40n + 1n)).toBe(true);
  });

  it.each([2n ** 31n, 2n ** 32n, 2n ** 53n, 2n ** 63n])('goes right across %i', (border) => {
    const nonces = new ReceivedNonces();
    for (let value = border - 2n; value <= border + 2n; value++) {
      expect([value, accepts(nonces, value)]).toEqual([value, true]);
      expect([value, accepts(nonces, value)]).toEqual([value, false]);
      expect([value, accepts(nonces, value - 1n)]).toEqual([value, false]);
    }
  });

  it('a smaller half does not hide a larger one', () => {
    const nonces = new ReceivedNonces();
    expect(accepts(nonces, (5n << 32n) | 0xffffffffn)).toBe(true);
    expect(accepts(nonces, 6n << 32n)).toBe(true);
    expect(accepts(nonces, (5n << 32n) | 0xffffffffn)).toBe(false);
  });

  it('does not take the last there is', () => {
    const nonces = new ReceivedNonces();
    expect(accepts(nonces, 2n ** 64n - 2n)).toBe(true);
    expect(accepts(nonces, 2n ** 64n - 1n)).toBe(false);
    expect(accepts(new ReceivedNonces(), 2n ** 64n - 1n)).toBe(false);
  });
});

describe('what is received when the handshake is done', () => {
  it('goes on from its last', () => {
    const nonces = new ReceivedNonces();
    expect(accepts(nonces, 7n)).toBe(true);
    for (const value of [0n, 6n, 7n, 9n, 2n ** 32n + 8n]) expect(acceptsNext(nonces, value)).toBe(false);
    for (const value of [8n, 9n, 10n])
      expect([acceptsNext(nonces, value), acceptsNext(nonces, value)]).toEqual([true, false]);
  });

  it.each([2n ** 31n, 2n ** 32n, 2n ** 53n, 2n ** 63n])('must be the next, across %i too', (border) => {
    const nonces = new ReceivedNonces();
    expect(accepts(nonces, border - 3n)).toBe(true);
    for (let value = border - 2n; value <= border + 2n; value++) {
      for (const other of [value - 1n, value + 1n, value + 2n ** 32n, 0n])
        expect(acceptsNext(nonces, other)).toBe(false);
      expect([value, acceptsNext(nonces, value)]).toEqual([value, true]);
    }
  });

  it('ends before the last there is', () => {
    const nonces = new ReceivedNonces(WORD, WORD - 2);
    expect(acceptsNext(nonces, 2n ** 64n - 2n)).toBe(true);
    expect(acceptsNext(nonces, 2n ** 64n - 1n)).toBe(false);
    expect(acceptsNext(nonces, 0n)).toBe(false);
    expect(acceptsNext(new ReceivedNonces(WORD, WORD), 0n)).toBe(false);
  });
});

it('a whole nonce has 24 octets, whatever the prefix', () => {
  const all = Object.values(prefixes);
  for (const prefix of all) {
    const nonce = nonceOf(prefix, Buffer.alloc(24 - prefix.length, 7));
    expect(nonce).toHaveLength(24);
    expect(nonce.toString('latin1', 0, prefix.length)).toBe(prefix);
    expect(nonce.subarray(prefix.length).every((octet) => octet === 7)).toBe(true);
  }
  expect(new Set(all).size).toBe(all.length);
});
