import fc from 'fast-check';
import { frames, shown } from '../testing/frames.js';
import { ZmqMalformedError, ZmqPatternError } from '../zmq.errors.js';
import { decodeRequest } from './call.packet.js';
import {
  AnswerStatus,
  decodeWorkerMessage,
  encodeAnswer,
  encodeCredit,
  encodeDelivery,
  encodeHello,
} from './delivery.packet.js';
import type { Envelope } from './envelope.js';

const nothing = { contentType: undefined, headers: undefined, deadlineMs: undefined, attempt: 1, result: false };
const envelope: Envelope = { key: 7, frames: undefined };

describe('deliveries', () => {
  it.each<[string, Partial<typeof nothing> | object, string[]]>([
    ['a first one', {}, []],
    ['one whose result is wanted', { result: true }, ['{":replies":"one"}']],
    ['a repeated one', { attempt: 3 }, ['{":attempt":"3"}']],
    [
      'all there is to say',
      { contentType: 'x/y', headers: { a: 'b' }, deadlineMs: 12.7, attempt: 2, result: true },
      ['{":type":"x/y",":deadline-ms":"13",":attempt":"2",":replies":"one","a":"b"}'],
    ],
  ])('%s', (_name, fields, metadata) => {
    const message = encodeDelivery(7, 'resize', '{}', { ...nothing, ...fields });
    expect(shown(message)).toEqual(['<00000007>', '', 'resize', '{}', ...metadata]);
  });

  it('are read by a worker as they were written', () => {
    const message = encodeDelivery(7, 'resize', '{}', { ...nothing, attempt: 2, result: true, headers: { a: 'b' } });
    expect(decodeRequest(frames(...shown(message)), 0)).toEqual({
      kind: 'call',
      envelope,
      name: 'resize',
      payload: Buffer.from('{}'),
      metadata: expect.objectContaining({ attempt: 2, result: true, headers: { a: 'b' } }),
    });
  });

  it('refuse headers that are keys of ours', () => {
    expect(() => encodeDelivery(1, 'a', '', { ...nothing, headers: { ':x': 'y' } })).toThrow(ZmqPatternError);
  });
});

describe('control messages', () => {
  it('have an empty name', () => {
    expect(shown(encodeHello())).toEqual(['', '', 'hello']);
    expect(shown(encodeCredit(4))).toEqual(['', '', 'credit 4']);
  });

  it('are read on the pool’s side', () => {
    expect(decodeWorkerMessage(frames('id', '', '', 'credit 4'), 1)).toEqual({ kind: 'credit', credit: 4 });
    expect(decodeWorkerMessage(frames('', '', 'credit 0'), 0)).toEqual({ kind: 'credit', credit: 0 });
    expect(decodeWorkerMessage(frames('', '', 'load 0.3'), 0)).toEqual({ kind: 'unknown' });
  });
});

describe('answers', () => {
  it.each<[string, string[], ReturnType<typeof encodeAnswer>]>([
    ['working', ['<00>', ''], encodeAnswer(envelope, AnswerStatus.working)],
    ['a value', ['<01>', '6'], encodeAnswer(envelope, AnswerStatus.value, { payload: '6' })],
    [
      'a value in another codec',
      ['<01>', 'x', '{":type":"x/y"}'],
      encodeAnswer(envelope, AnswerStatus.value, { payload: 'x', contentType: 'x/y' }),
    ],
    ['done', ['<02>', ''], encodeAnswer(envelope, AnswerStatus.done)],
    ['failed', ['<03>', '{}'], encodeAnswer(envelope, AnswerStatus.failed, { payload: '{}' })],
    ['again at once', ['<04>', '{}'], encodeAnswer(envelope, AnswerStatus.again, { payload: '{}', delayMs: 0 })],
    [
      'again later',
      ['<04>', '{}', '{":delay-ms":"500"}'],
      encodeAnswer(envelope, AnswerStatus.again, { payload: '{}', delayMs: 499.5 }),
    ],
    ['handed back', ['<05>', ''], encodeAnswer(envelope, AnswerStatus.back)],
  ])('%s', (_name, expected, message) => {
    expect(shown(message)).toEqual(['<00000007>', '', ...expected]);
    expect(decodeWorkerMessage(frames('routing id', ...shown(message)), 1)).toMatchObject({
      kind: 'answer',
      id: 7,
      status: Number.parseInt(expected[0]!.slice(1, 3), 16),
      payload: Buffer.from(expected[1]!),
    });
  });

  it('carry the delay', () => {
    const message = shown(encodeAnswer(envelope, AnswerStatus.again, { delayMs: 500 }));
    expect(decodeWorkerMessage(frames(...message), 0)).toMatchObject({ metadata: { delayMs: 500 } });
  });

  it('give back whatever envelope the delivery had', () => {
    const request = decodeRequest(frames('any', 'thing', '', 'a', ''), 0);
    expect(shown(encodeAnswer(request.envelope!, AnswerStatus.done))).toEqual(['any', 'thing', '', '<02>', '']);
  });

  it.each<[string, string[], number | undefined]>([
    ['nothing', [], undefined],
    ['no delimiter', ['<00000007>', '<01>', ''], undefined],
    ['an id of another length', ['<0007>', '', '<01>', ''], undefined],
    ['no status', ['<00000007>', ''], 7],
    ['an unknown status', ['<00000007>', '', '<06>', ''], 7],
    ['a status of two bytes', ['<00000007>', '', '<0101>', ''], 7],
    ['frames after the metadata', ['<00000007>', '', '<01>', '', '{}', ''], 7],
    ['metadata that is no JSON', ['<00000007>', '', '<01>', '', '{'], 7],
    ['a control message without a verb', ['', ''], undefined],
    ['a control message with too many frames', ['', '', 'credit 1', ''], undefined],
    ['a credit that is no number', ['', '', 'credit -1'], undefined],
    ['a credit beyond all measure', ['', '', 'credit 10000000000'], undefined],
  ])('are malformed: %s', (_name, parts, id) => {
    const message = decodeWorkerMessage(frames(...parts), 0);
    expect(message).toEqual({ kind: 'malformed', id, error: expect.any(ZmqMalformedError) });
  });

  it('never make the decoder throw', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 8 }), { maxLength: 7 }), (parts) => {
        decodeWorkerMessage(
          parts.map((part) => Buffer.from(part)),
          0,
        );
      }),
    );
  });
});
