import { frames, shown } from '../testing/frames.js';
import { ZmqCodecError, ZmqMalformedError, ZmqPatternError } from '../zmq.errors.js';
import { decodeEvent, encodeEvent } from './event.packet.js';
import { encodeName, READY_TOPIC } from './names.js';
import { PayloadCodecs } from './payload.codec.js';
import { decodeTask, encodeTask } from './task.packet.js';

const codecs = new PayloadCodecs();

describe('tasks', () => {
  it('are two frames, or three with metadata', () => {
    expect(shown(encodeTask({ name: 'resize', data: { id: 1 } }, codecs))).toEqual(['resize', '{"id":1}']);
    expect(shown(encodeTask({ name: 'resize', data: Buffer.of(1), headers: { a: 'b' }, attempt: 2 }, codecs))).toEqual([
      'resize',
      '<01>',
      '{":type":"application/octet-stream",":attempt":"2","a":"b"}',
    ]);
  });

  it('are read as they were written', () => {
    expect(decodeTask(frames('resize', '{}', '{"a":"b",":attempt":"2"}'))).toEqual({
      name: 'resize',
      payload: Buffer.from('{}'),
      metadata: { contentType: undefined, deadlineMs: undefined, attempt: 2, many: false, headers: { a: 'b' } },
    });
  });

  it('refuse names that are control messages or reserved', () => {
    expect(() => encodeTask({ name: '', data: 1 }, codecs)).toThrow(ZmqPatternError);
    expect(() => encodeTask({ name: READY_TOPIC.toString(), data: 1 }, codecs)).toThrow(ZmqPatternError);
    expect(() => encodeTask({ name: 'x', data: 1n }, codecs)).toThrow(ZmqCodecError);
  });

  it.each([
    [[]],
    [['resize']],
    [['', '1']],
    [['resize', '1', '{}', 'x']],
    [['resize', '1', '{']],
    [['resize', '1', '']],
  ])('are malformed: %j', (message) => {
    expect(() => decodeTask(frames(...message))).toThrow(ZmqMalformedError);
    expect(() => decodeEvent(frames(...message))).toThrow(ZmqMalformedError);
  });
});

describe('events', () => {
  it('are two frames, or three with metadata', () => {
    expect(shown(encodeEvent(encodeName('tick'), '1', {}))).toEqual(['tick', '1']);
    expect(shown(encodeEvent(encodeName('ä'), '1', { headers: { a: 'b' } }))).toEqual(['<c3a4>', '1', '{"a":"b"}']);
    expect(decodeEvent(frames('<c3a4>', '1'))).toMatchObject({ name: 'ä', metadata: { headers: undefined } });
  });

  it('have the reserved topic 00 "ready"', () => {
    expect(READY_TOPIC.toString('hex')).toBe('007265616479');
  });
});
