import * as packet from '../../../libs/nest-transport/src/packet/index.js';
import { ZmqCodecError, ZmqMalformedError } from '../../../libs/nest-transport/src/zmq.errors.js';
import type { Session } from '../mutator.js';
import { hold, type Target } from '../target.js';

/** What the frames of a message are read as, and what of it may be thrown. */
type Decode = (frames: readonly Buffer[]) => void;

const codecs = new packet.PayloadCodecs();

function typed(work: () => void, ...expected: readonly (abstract new (...args: never[]) => Error)[]): void {
  try {
    work();
  } catch (error) {
    if (!expected.some((type) => error instanceof type)) throw error;
  }
}

function expectNoPollution(value: unknown): void {
  hold(({} as { polluted?: unknown }).polluted === undefined, 'every object is polluted');
  const open = [value];
  for (let each = open.pop(); each !== undefined; each = open.pop()) {
    if (typeof each !== 'object' || each === null) continue;
    hold(!Object.hasOwn(each, '__proto__'), 'a key __proto__ came through');
    const prototype: unknown = Object.getPrototypeOf(each);
    hold(prototype === Object.prototype || prototype === Array.prototype, 'an object with a prototype of a peer');
    open.push(...Object.values(each));
  }
}

const decoders: Readonly<Record<string, Decode>> = {
  request: (frames) => {
    for (const start of [0, 1]) {
      const request = packet.decodeRequest(frames, start);
      if (request.envelope !== undefined) packet.encodeReply(request.envelope, packet.ReplyStatus.last, 'x');
      if (request.kind === 'call') {
        const { payload, metadata } = request;
        typed(() => void codecs.decode(payload, metadata.contentType), ZmqMalformedError, ZmqCodecError);
      }
    }
  },
  reply: (frames) => {
    const message = packet.decodeServerMessage(frames);
    if (message.kind !== 'reply') return;
    typed(() => expectNoPollution(packet.decodeError(message.payload)), ZmqMalformedError);
    hold(Boolean(packet.decodeError(message.payload)), 'an error without truth, which is taken for a value');
  },
  task: (frames) => typed(() => void packet.decodeTask(frames), ZmqMalformedError),
  event: (frames) => typed(() => void packet.decodeEvent(frames), ZmqMalformedError),
  metadata: ([first]) => typed(() => void packet.decodeMetadata(first ?? packet.EMPTY), ZmqMalformedError),
  json: ([first]) => typed(() => expectNoPollution(packet.parseJson(first ?? packet.EMPTY)), ZmqMalformedError),
};

const frames = (...parts: readonly (Buffer | string)[]): Session => parts.map((part) => Buffer.from(part as string));
const id = Buffer.from([0, 0, 0, 1]);

const nasty = [
  '{"__proto__":{"polluted":1}}',
  '{"a":{"\\u005f_proto__":{"polluted":1}}}',
  '{"constructor":{"prototype":{"polluted":1}}}',
  '[{"a":[1,2,{"b":null}]}]',
  '{":type":"application/octet-stream"}',
  '{":deadline-ms":"1500",":attempt":"2","tenant":"a"}',
  '"\\ud800"',
  `${'['.repeat(1200)}${']'.repeat(1200)}`,
];

const corpora: Readonly<Record<string, readonly Session[]>> = {
  request: [
    frames('route', id, '', 'sum', '[1,2]'),
    frames('route', id, '', 'sum', '[1,2]', Buffer.of(1)),
    frames('route', 'a', 'b', '', '{"cmd":"sum"}', 'bytes', '{":type":"application/octet-stream",":replies":"many"}'),
    frames('route', id, '', '', 'cancel'),
    frames('route', '', '', 'drained'),
    ...nasty.map((text) => frames('route', id, '', 'sum', text, text)),
  ],
  reply: [
    frames(id, '', Buffer.of(1), '3'),
    frames(id, '', Buffer.of(2), ''),
    frames(id, '', Buffer.of(3), '{"name":"Error","message":"no"}'),
    frames('', '', 'drain'),
    frames('', Buffer.of(2), ''),
    ...nasty.map((text) => frames(id, '', Buffer.of(0), text, text)),
  ],
  task: [frames('resize', '{"width":1}'), ...nasty.map((text) => frames('resize', text, text))],
  event: [frames('user.created', '{"id":1}'), ...nasty.map((text) => frames('user.created', text, text))],
  metadata: [frames(Buffer.of(1)), ...nasty.map((text) => frames(text))],
  json: nasty.map((text) => frames(text)),
};

/** What the Nest transport makes of messages. */
export function packetTargets(extra: (name: string) => readonly Session[]): Target[] {
  return Object.entries(decoders).map(([name, run]) => ({
    name: `nest ${name}`,
    corpus: [...corpora[name]!, ...extra('nest')],
    takesFrames: true as const,
    run,
  }));
}
