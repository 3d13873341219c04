import { frames, shown } from '../testing/frames.js';
import { ZmqMalformedError, ZmqPatternError } from '../zmq.errors.js';
import { decodeMetadata, encodeMetadata, type MetadataFields } from './metadata.codec.js';

const text = (fields: MetadataFields) => {
  const frame = encodeMetadata(fields);
  return frame && shown([frame])[0];
};

describe('encodeMetadata', () => {
  it.each([
    [{}, undefined],
    [{ headers: {} }, undefined],
    [{ many: true }, '<01>'],
    [{ contentType: 'application/octet-stream' }, '{":type":"application/octet-stream"}'],
    [{ contentType: 'application/octet-stream', many: true }, '{":type":"application/octet-stream",":replies":"many"}'],
    [{ contentType: 'application/msgpack', many: true }, '{":type":"application/msgpack",":replies":"many"}'],
    [{ headers: { traceparent: '00-1' } }, '{"traceparent":"00-1"}'],
    [{ headers: { a: 'b' }, many: true }, '{":replies":"many","a":"b"}'],
    [{ attempt: 2, deadlineMs: 0.5 }, '{":deadline-ms":"0",":attempt":"2"}'],
    [{ deadlineMs: -3 }, '{":deadline-ms":"0"}'],
  ])('%j → %s', (fields, expected) => {
    expect(text(fields)).toBe(expected);
  });

  it('gives the same frame each time where there is nothing special to say', () => {
    expect(encodeMetadata({ many: true })).toBe(encodeMetadata({ many: true }));
  });

  it('refuses headers that are ours, or no strings', () => {
    expect(() => encodeMetadata({ headers: { ':type': 'x' } })).toThrow(ZmqPatternError);
    expect(() => encodeMetadata({ headers: { n: 1 as unknown as string } })).toThrow(ZmqPatternError);
  });

  it('writes a header named __proto__ as any other', () => {
    const headers = JSON.parse('{"__proto__":"x"}') as Record<string, string>;
    expect(text({ headers })).toBe('{"__proto__":"x"}');
  });
});

describe('decodeMetadata', () => {
  const decode = (part: string) => decodeMetadata(frames(part)[0]!);

  it.each([
    ['<01>', { many: true }],
    ['{":replies":"many"}', { many: true }],
    ['{":replies":"one"}', { many: false }],
    ['{":type":"application/octet-stream"}', { contentType: 'application/octet-stream', many: false }],
    ['{":type":"application/octet-stream",":replies":"many"}', { contentType: 'application/octet-stream', many: true }],
    ['{":deadline-ms":"1500",":attempt":"3"}', { deadlineMs: 1500, attempt: 3 }],
    ['{":of-a-later-version":"x","a":"b"}', { headers: { a: 'b' } }],
    ['{}', { headers: undefined }],
  ])('%s', (frame, expected) => {
    expect(decode(frame)).toMatchObject(expected);
  });

  it('reads what it writes', () => {
    const fields = { contentType: 'x/y', deadlineMs: 7, attempt: 1, many: true, headers: { a: 'ä' } };
    expect(decodeMetadata(encodeMetadata(fields)!)).toEqual(fields);
  });

  it('keeps prototypes clean', () => {
    expect(decode('{"__proto__":"x","a":"b"}').headers).toEqual({ a: 'b' });
    expect(decode('{"\\u005f_proto__":"x"}').headers).toBeUndefined();
  });

  it.each([
    '',
    '{',
    '[]',
    '"x"',
    'null',
    '1',
    '{"a":1}',
    '{"a":{}}',
    '{":deadline-ms":"1e9"}',
    '{":attempt":""}',
    '<02>',
    '<0101>',
  ])('refuses %j', (frame) => {
    expect(() => decode(frame)).toThrow(ZmqMalformedError);
  });
});
