import { openWasm } from '../../crypto/open-backend.js';
import { pattern, print } from '../../testing/bytes.js';
import type { CryptoBackend } from '../crypto-backend.js';
import { CurveMessages, INNER_COMMAND, INNER_MORE, MESSAGE_OVERHEAD } from './curve-messages.js';
import { ReceivedNonces, SentNonces } from './curve-nonce.js';

const KEY = pattern(32);
const WORD = 0xffffffff;
let backend: CryptoBackend;
beforeAll(async () => {
  backend = await openWasm();
});

function side(
  asServer: boolean,
  sent = new SentNonces(),
  received = new ReceivedNonces(0, 0),
  key = KEY,
): CurveMessages {
  return new CurveMessages(backend, key, asServer, { sent, received });
}

/** A MESSAGE in memory of its own, somewhere in a larger buffer. */
function sealed(messages: CurveMessages, payload: Buffer, flags = 0): Buffer {
  const target = Buffer.alloc(10 + MESSAGE_OVERHEAD + payload.length + 10);
  expect(messages.seal(flags, payload, target, 10)).toBe(true);
  expect(target.subarray(0, 10)).toEqual(Buffer.alloc(10));
  expect(target.subarray(-10)).toEqual(Buffer.alloc(10));
  return target.subarray(10, -10);
}
const code = (value: string): Error => expect.objectContaining({ code: `ERR_ZMTP_${value}` }) as unknown as Error;

it('26-MESSAGE-1: is 33 octets longer, and begins with its name and the nonce', () => {
  const message = sealed(side(false), Buffer.from('Hello'));
  expect(message).toHaveLength(38);
  expect(message.subarray(0, 16).toString('latin1')).toBe('\x07MESSAGE\0\0\0\0\0\0\0\x01');
  expect(message.includes('Hello')).toBe(false);
});

it.each([0, 1, 2, 14, 15, 16, 17, 30, 31, 32, 63, 64, 65, 255, 256, 1000, 65_536, 200_000])('%i bytes go both ways, in sequence', (size) => {
  const [client, server] = [side(false), side(true)];
  for (const [from, to] of [[client, server], [server, client], [client, server]] as const) {
    const body = sealed(from, pattern(size));
    expect(print(to.open(body))).toBe(print(pattern(size)));
  }
}); // prettier-ignore

it.each([0, INNER_MORE, INNER_COMMAND, INNER_MORE | INNER_COMMAND, 0x80])('the flags %i are in the box', (flags) => {
  const server = side(true);
  server.open(sealed(side(false), Buffer.from('a'), flags));
  expect(server.flags).toBe(flags);
});

it('what is opened lies where the box lay', () => {
  const body = sealed(side(false), Buffer.from('Hello'));
  const opened = side(true).open(body);
  expect([opened.buffer, opened.byteOffset]).toEqual([body.buffer, body.byteOffset + MESSAGE_OVERHEAD]);
});

it('26-MESSAGE-2: the two directions have nonces of their own: nothing can be thrown back', () => {
  const client = side(false);
  expect(() => client.open(sealed(side(false), Buffer.from('x')))).toThrow(code('CRYPTOGRAPHIC'));
  expect(() => side(true).open(sealed(side(true), Buffer.from('x')))).toThrow(code('CRYPTOGRAPHIC'));
});

it('26-MESSAGE-4: no bit may be another', () => {
  const message = sealed(side(false), Buffer.from('Hello'));
  for (let bit = 0; bit < message.length * 8; bit++) {
    const changed = Buffer.from(message);
    changed[bit >> 3]! ^= 1 << (bit & 7);
    const before = print(changed);
    expect(() => side(true).open(changed)).toThrow(expect.objectContaining({ name: 'ProtocolError' }));
    // Nor is anything of it left in memory.
    expect(print(changed)).toBe(before);
  }
  expect(side(true).open(message).toString()).toBe('Hello');
});

it('is refused when it is cut at any place, or has more than it should', () => {
  const message = sealed(side(false), Buffer.from('Hello'));
  for (let size = 0; size < message.length; size++) {
    const cut = Buffer.from(message.subarray(0, size));
    const wanted = size < 8 ? 'UNEXPECTED_COMMAND' : size < 33 ? 'MALFORMED_COMMAND_MESSAGE' : 'CRYPTOGRAPHIC';
    expect(() => side(true).open(cut)).toThrow(code(wanted));
  }
  expect(() => side(true).open(Buffer.concat([message, Buffer.of(0)]))).toThrow(code('CRYPTOGRAPHIC'));
});

it('is refused with another key', () => {
  const other = side(true, new SentNonces(), new ReceivedNonces(0, 0), pattern(32, 1));
  expect(() => other.open(sealed(side(false), Buffer.from('x')))).toThrow(code('CRYPTOGRAPHIC'));
});

it('is refused a second time, and when another came after it', () => {
  const [client, server] = [side(false), side(true)];
  const [first, second] = [sealed(client, Buffer.from('1')), sealed(client, Buffer.from('2'))];
  const copies = [Buffer.from(first), Buffer.from(second)] as const;
  server.open(first);
  server.open(second);
  for (const copy of copies) expect(() => server.open(copy)).toThrow(code('INVALID_SEQUENCE'));
});

it('is refused when another was left out before it, a command too', () => {
  for (const [flags, lost] of [0, INNER_MORE, INNER_COMMAND].entries()) {
    const [client, server] = [side(false), side(true)];
    server.open(sealed(client, Buffer.from('came'), INNER_MORE));
    sealed(client, Buffer.from('lost'), lost);
    expect(() => server.open(sealed(client, Buffer.from('x'), flags))).toThrow(code('INVALID_SEQUENCE'));
  }
});

it('is refused before its time, and nothing of it is left in memory', () => {
  const [client, server] = [side(false), side(true)];
  const [first, second] = [sealed(client, Buffer.from('1')), sealed(client, Buffer.from('2'))];
  const before = print(second);
  expect(() => server.open(second)).toThrow(code('INVALID_SEQUENCE'));
  expect(print(second)).toBe(before);
  expect(server.open(first).toString()).toBe('1');
});

it.each([
  ['2^32', 0, WORD - 1],
  ['2^53', 2 ** 21 - 1, WORD - 1],
])('goes on across %s', (_, high, low) => {
  const client = side(false, new SentNonces(high, low));
  const server = side(true, new SentNonces(), new ReceivedNonces(high, low));
  for (const text of ['a', 'b', 'c', 'd']) expect(server.open(sealed(client, Buffer.from(text))).toString()).toBe(text);
});

it('ends before 2^64-1 on both sides', () => {
  const client = side(false, new SentNonces(WORD, WORD - 2));
  const last = sealed(client, Buffer.from('last'));
  expect(client.seal(0, Buffer.from('x'), Buffer.alloc(100), 0)).toBe(false);
  const server = side(true, new SentNonces(), new ReceivedNonces(WORD, WORD - 2));
  expect(server.open(Buffer.from(last)).toString()).toBe('last');
  last.fill(0xff, 8, 16);
  expect(() => server.open(last)).toThrow(code('INVALID_SEQUENCE'));
});

it.each(['\x05READY', '\x05ERROR\x03400', '\x04PING\0\0', '', '\x07MESSAG', '\x08MESSAGE '])('%j is no MESSAGE', (body) => {
  expect(() => side(true).open(Buffer.from(body.padEnd(40, '\0'), 'latin1'))).toThrow(code('UNEXPECTED_COMMAND'));
}); // prettier-ignore
