import { frames, shown } from '../testing/frames.js';
import { encodeCancel, encodeDrain, encodeDrained, encodePing } from './control.packet.js';
import { decodeServerMessage, encodeReply, ReplyStatus } from './reply.packet.js';

const ours = { key: 7, frames: undefined };
const plain = { key: '', frames: frames('') };

describe('encodeReply', () => {
  it.each([
    ['a value, more may come', encodeReply(ours, ReplyStatus.value, '1'), ['<00000007>', '', '<00>', '1']],
    ['a value, and done', encodeReply(ours, ReplyStatus.last, '1'), ['<00000007>', '', '<01>', '1']],
    ['done, no value', encodeReply(ours, ReplyStatus.done), ['<00000007>', '', '<02>', '']],
    ['failed', encodeReply(ours, ReplyStatus.failed, '{}'), ['<00000007>', '', '<03>', '{}']],
    ['to a plain REQ', encodeReply(plain, ReplyStatus.last, '1'), ['', '<01>', '1']],
    [
      'bytes',
      encodeReply(ours, ReplyStatus.last, Buffer.of(255), 'application/octet-stream'),
      ['<00000007>', '', '<01>', '<ff>', '{":type":"application/octet-stream"}'],
    ],
  ])('%s', (_, message, expected) => {
    expect(shown(message)).toEqual(expected);
  });

  it('never changes the envelope that it answers', () => {
    encodeReply(plain, ReplyStatus.last, '1');
    expect(shown(plain.frames)).toEqual(['']);
  });
});

describe('control messages', () => {
  it('have an empty name, and the verb as payload', () => {
    expect(shown(encodeCancel(7))).toEqual(['<00000007>', '', '', 'cancel']);
    expect(shown(encodePing(7))).toEqual(['<00000007>', '', '', 'ping']);
    expect(shown(encodeDrained())).toEqual(['', '', 'drained']);
    expect(shown(encodeDrain())).toEqual(['', '', 'drain']);
  });
});

describe('decodeServerMessage', () => {
  const decode = (...parts: string[]) => decodeServerMessage(frames(...parts));

  it.each([0, 1, 2, 3])('reads a reply with status %i', (status) => {
    expect(decode('<00000007>', '', `<0${status}>`, '1')).toMatchObject({
      kind: 'reply',
      id: 7,
      status,
      payload: Buffer.from('1'),
    });
  });

  it('reads the metadata', () => {
    expect(decode('<00000007>', '', '<01>', 'x', '{":type":"application/octet-stream"}')).toMatchObject({
      kind: 'reply',
      metadata: { contentType: 'application/octet-stream' },
    });
  });

  it('reads control messages, and the answer to one of ours', () => {
    expect(decode('', '', 'drain')).toEqual({ kind: 'control', verb: 'drain' });
    expect(decode('', '<02>', '')).toEqual({ kind: 'acknowledgement' });
    expect(decode('', '<02>')).toEqual({ kind: 'acknowledgement' });
  });

  it.each([
    ['a status that is none', ['<00000007>', '', '<04>', '1'], 7],
    ['a status of two octets', ['<00000007>', '', '<0101>', '1'], 7],
    ['no status', ['<00000007>', ''], 7],
    ['frames after the metadata', ['<00000007>', '', '<01>', '1', '<01>', 'x'], 7],
    ['metadata that is no JSON', ['<00000007>', '', '<01>', '1', '{'], 7],
    ['no delimiter', ['<00000007>', '<01>', '1'], undefined],
    ['a request id that is not ours', ['<0007>', '', '<01>', '1'], undefined],
    ['control without a verb', ['', ''], undefined],
    ['nothing', [], undefined],
  ])('is malformed: %s', (_, message, id) => {
    expect(decode(...message)).toMatchObject({ kind: 'malformed', id });
  });
});
