import { bytes, pattern } from '../testing/bytes.js';
import { decodeCommand, encodeCommand } from './command.js';

describe('encodeCommand', () => {
  it.each([
    ['PING with a TTL', encodeCommand('PING', bytes('0005'), bytes('"abc"')), '04 0A 04 "PING" 0005 "abc"'],
    ['a command without data', encodeCommand('PONG'), '04 05 04 "PONG"'],
    ['CANCEL of everything', encodeCommand('CANCEL', Buffer.alloc(0)), '04 07 06 "CANCEL"'],
  ])('%s', (_, encoded, expected) => {
    expect(encoded).toEqual(bytes(expected));
  });

  // libzmq 4.3.3–4.3.4 forget the LONG flag exactly here (libzmq #4367).
  it.each([
    [245, '04 FF'],
    [246, '06 0000000000000100'],
    [247, '06 0000000000000101'],
    [255, '06 0000000000000109'],
    [256, '06 000000000000010A'],
    [100_000, '06 00000000000186AA'],
  ])('SUBSCRIBE of %i bytes begins with %s', (size, header) => {
    const topic = pattern(size);
    expect(encodeCommand('SUBSCRIBE', topic)).toEqual(Buffer.concat([bytes(header), bytes('09 "SUBSCRIBE"'), topic]));
  });
});

describe('decodeCommand', () => {
  it('splits name and data', () => {
    const { name, data } = decodeCommand(bytes('04 "PING" 0005 "abc"'));
    expect({ name, data }).toEqual({ name: 'PING', data: bytes('0005 "abc"') });
  });

  it.each([
    ['an empty body', ''],
    ['an empty name', '00'],
  ])('%s has the empty name, which no command has', (_, body) => {
    expect(decodeCommand(bytes(body))).toEqual({ name: '', data: Buffer.alloc(0) });
  });

  it('a name that fills the body has no data', () => {
    expect(decodeCommand(bytes('05 "READY"'))).toEqual({ name: 'READY', data: Buffer.alloc(0) });
  });

  it.each(['01', '05 "READ"', 'FF "READY"'])('refuses a name longer than the body: %s', (body) => {
    expect(() => decodeCommand(bytes(body))).toThrow(
      expect.objectContaining({ code: 'ERR_ZMTP_MALFORMED_COMMAND_UNSPECIFIED' }),
    );
  });
});
