import { bytes } from '../testing/bytes.js';
import { membershipCommandName, membershipFromCommand } from './group.js';

it.each([
  ['JOIN', '"news"', '01 "news"'],
  ['JOIN', '', '01'],
  ['LEAVE', '01FF', '00 01FF'],
])('%s %s is %s inside, and back', (name, group, message) => {
  const form = membershipFromCommand({ name, data: bytes(group) });
  expect(form).toEqual(bytes(message));
  expect(membershipCommandName(form!)).toBe(name);
});

it.each(['', 'PING', 'join', 'JOINS', 'SUBSCRIBE'])('the command "%s" is no membership', (name) => {
  expect(membershipFromCommand({ name, data: bytes('"A"') })).toBeUndefined();
});

it('a group has at most 255 bytes, none of them zero', () => {
  expect(membershipFromCommand({ name: 'JOIN', data: Buffer.alloc(255, 'g') })).toHaveLength(256);
  for (const name of ['JOIN', 'LEAVE']) {
    for (const data of [Buffer.alloc(256, 'g'), bytes('"a" 00 "b"'), bytes('00')]) {
      expect(() => membershipFromCommand({ name, data })).toThrow(
        expect.objectContaining({ code: 'ERR_ZMTP_MALFORMED_COMMAND_UNSPECIFIED' }),
      );
    }
  }
});
