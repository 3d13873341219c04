import { frames, shown } from '../testing/frames.js';
import { encodeCall, decodeRequest } from './call.packet.js';
import { encodeMetadata } from './metadata.codec.js';
import { encodeName } from './names.js';

const ROUTING_ID = '<0000000001>';

describe('encodeCall', () => {
  it('is the envelope of a REQ with REQ_CORRELATE, then name and payload', () => {
    expect(shown(encodeCall(1, encodeName('sum'), '[1,2]', undefined))).toEqual(['<00000001>', '', 'sum', '[1,2]']);
  });

  it('asks for many replies by a single octet', () => {
    const message = encodeCall(0xfffffffe, encodeName('sum'), '1', encodeMetadata({ many: true }));
    expect(shown(message)).toEqual(['<fffffffe>', '', 'sum', '1', '<01>']);
  });

  it('writes what else there is to say as JSON', () => {
    const metadata = encodeMetadata({ many: true, deadlineMs: 1500.7, headers: { tenant: 'a' } });
    expect(shown(encodeCall(1, encodeName('sum'), '1', metadata))[4]).toBe(
      '{":deadline-ms":"1500",":replies":"many","tenant":"a"}',
    );
  });
});

describe('decodeRequest', () => {
  const decode = (...parts: string[]) => decodeRequest(frames(ROUTING_ID, ...parts), 1);

  it('reads a call of our client', () => {
    expect(decode('<00000007>', '', '{"cmd":"sum"}', '[1]', '<01>')).toEqual({
      kind: 'call',
      envelope: { key: 7, frames: undefined },
      name: '{"cmd":"sum"}',
      payload: Buffer.from('[1]'),
      metadata: expect.objectContaining({ many: true, headers: undefined }),
    });
  });

  it.each([
    ['a plain REQ', ['', 'sum', '[1]'], ['']],
    ['a correlated REQ', ['<00000007>', '', 'sum', '[1]'], undefined],
    ['a REQ behind a proxy', ['<006b8b4567>', '', 'sum', '[1]'], ['<006b8b4567>', '']],
    [
      'a correlated REQ behind two proxies',
      ['<0001>', 'b', '<00000007>', '', 'sum', '[1]'],
      ['<0001>', 'b', '<00000007>', ''],
    ],
    ['a huge request id', ['x'.repeat(300), '', 'sum', '[1]'], ['x'.repeat(300), '']],
  ])('gives back the whole envelope of %s', (_, message, envelope) => {
    const request = decode(...message);
    expect(request).toMatchObject({ kind: 'call', name: 'sum', metadata: { many: false } });
    expect(request.envelope?.frames && shown(request.envelope.frames)).toEqual(envelope);
  });

  it('names a call by its whole envelope: no two envelopes have one key', () => {
    const envelopes = [
      [''],
      ['a', ''],
      ['aa', ''],
      ['a', 'a', ''],
      ['1:a', ''],
      ['<00000001>', ''],
      ['<0000000001>', ''],
      ['<00000001>', 'a', ''],
    ];
    const keys = envelopes.map((envelope) => decode(...envelope, 'sum', '1').envelope?.key);
    expect(new Set(keys).size).toBe(envelopes.length);
  });

  it('copies the envelope: it must not pin the chunk that it came in', () => {
    const chunk = Buffer.from('idid!');
    const { envelope } = decodeRequest(
      [Buffer.alloc(5), chunk.subarray(0, 5), Buffer.alloc(0), ...frames('sum', '1')],
      1,
    );
    chunk.fill('x');
    expect(envelope?.frames && shown(envelope.frames)).toEqual(['idid!', '']);
  });

  it.each(['cancel', 'ping', 'drained', 'what-is-this'])(
    'reads control %s, answered only without a request id',
    (verb) => {
      expect(decode('<00000007>', '', '', verb)).toMatchObject({
        kind: 'control',
        verb,
        answered: false,
        envelope: { key: 7 },
      });
      expect(decode('', '', verb)).toMatchObject({ kind: 'control', verb, answered: true });
    },
  );

  it.each([
    ['frames after the metadata', ['<00000007>', '', 'sum', '1', '<01>', 'more']],
    ['no payload', ['<00000007>', '', 'sum']],
    ['nothing at all', ['<00000007>', '']],
    ['metadata that is no JSON', ['<00000007>', '', 'sum', '1', '{']],
    ['metadata that is a list', ['<00000007>', '', 'sum', '1', '[]']],
    ['metadata that is null', ['<00000007>', '', 'sum', '1', 'null']],
    ['metadata of numbers', ['<00000007>', '', 'sum', '1', '{"a":1}']],
    ['a deadline that is none', ['<00000007>', '', 'sum', '1', '{":deadline-ms":"soon"}']],
    ['a negative deadline', ['<00000007>', '', 'sum', '1', '{":deadline-ms":"-5"}']],
    ['an empty metadata frame', ['<00000007>', '', 'sum', '1', '']],
    ['control without id and verb', ['', '']],
  ])('is malformed, and can be answered: %s', (_, message) => {
    expect(decode(...message)).toMatchObject({ kind: 'malformed', envelope: expect.anything() });
  });

  it.each([
    ['no delimiter', ['<00000007>', 'sum', '1']],
    ['no frame at all', []],
    ['an envelope that is too large to be kept', ['x'.repeat(65_536), '', 'sum', '1']],
    ['an envelope of too many frames', [...Array.from({ length: 40_000 }, () => 'x'), '', 'sum', '1']],
    ['control with an id and without a verb', ['<00000007>', '', '']],
    ['control with an id and too much', ['<00000007>', '', '', 'cancel', '<01>', 'more']],
  ])('is malformed, and is dropped: %s', (_, message) => {
    expect(decode(...message)).toMatchObject({ kind: 'malformed', envelope: undefined });
  });
});
