import { Batch } from './batch.js';
import { Conversation } from '../testing/conversation.js';
import { RawConnection } from './raw-connection.js';

const chunk = (text: string): Buffer => Buffer.from(text, 'latin1');

function talk(notify = true): Conversation {
  return new Conversation(new RawConnection({ notify }, '10.0.0.1:5'));
}

it('has nothing to say and nothing to wait for', () => {
  const { connection } = talk();
  expect([connection.handshakes, connection.hasOutput, connection.deadline]).toEqual([false, false, Infinity]);
});

it('is ready at once, tells of a peer that announces nothing, and then of its beginning', () => {
  const conversation = talk();
  conversation.drain();
  const { peer, texts } = conversation.sink;
  expect(peer).toEqual({ socketType: '', routingId: undefined, address: '10.0.0.1:5', properties: {} });
  expect(texts).toEqual([['']]);
  expect(conversation.output()).toHaveLength(0);
});

it('gives each chunk as a message, as it is', () => {
  const conversation = talk();
  const chunks = [chunk('GET /'), chunk('\xff\0'), Buffer.alloc(100_000, 7)];
  conversation.receive(...chunks);
  const [notice, ...bodies] = conversation.sink.messages;
  expect(notice).toEqual([Buffer.alloc(0)]);
  bodies.forEach((body, i) => expect(body[0]).toBe(chunks[i]));
  expect(bodies).toHaveLength(3);
});

it('writes frames one behind the other, with nothing between them', () => {
  const conversation = talk();
  const large = Buffer.alloc(20_000, 1);
  expect(conversation.encode([chunk('a'), chunk('b')], [large], [chunk('')], [chunk('c')])).toEqual(
    Buffer.concat([chunk('ab'), large, chunk('c')]),
  );
  expect(conversation.connection.sendsPacked).toBe(false);
});

it('leaves a large body where it is', () => {
  const batch = new Batch();
  const body = Buffer.alloc(20_000);
  batch.begin();
  new RawConnection({ notify: true }, '').encode([body], batch);
  expect(batch.finish()[0]).toBe(body);
});

it('without `notify` there are no empty messages', () => {
  const conversation = talk(false);
  conversation.receive(chunk('x'));
  expect(conversation.sink.texts).toEqual([['x']]);
  expect(conversation.connection.farewell).toBeUndefined();
  expect(talk().connection.farewell).toEqual([Buffer.alloc(0)]);
});

it('stops when the sink has enough, also after the notice, and loses nothing', () => {
  const conversation = talk();
  conversation.sink.wantsMore = false;
  conversation.receive(chunk('a'), chunk('b'));
  const drain = (): boolean => conversation.connection.drain(conversation.sink);
  expect(conversation.sink.texts).toEqual([['']]);
  expect([drain(), conversation.sink.texts]).toEqual([true, [[''], ['a']]]);
  expect([drain(), conversation.sink.texts]).toEqual([true, [[''], ['a'], ['b']]]);
  expect(drain()).toBe(false);
});

it('counts the memory of a chunk when it gives it', () => {
  const conversation = talk();
  const { connection, sink } = conversation;
  sink.wantsMore = false;
  conversation.drain();
  connection.receive(chunk('12345'), 0);
  connection.receive(chunk('678'), 0);
  expect(connection.takePinned()).toBe(0);
  for (const size of [0, 5, 3]) {
    connection.drain(sink);
    expect([connection.takePinned(), connection.takePinned()]).toEqual([size, 0]);
  }
});

it('a peer that is not wanted is not listened to', () => {
  const conversation = talk();
  conversation.sink.welcomesPeer = false;
  conversation.receive(chunk('a'));
  conversation.receive(chunk('b'));
  expect(conversation.sink.messages).toEqual([]);
  expect(conversation.connection.drain(conversation.sink)).toBe(false);
});

it('knows no time', () => {
  const conversation = talk();
  conversation.drain();
  conversation.connection.suspend(0);
  conversation.pass(3_600_000);
  conversation.connection.resume(3_600_000);
  expect([conversation.connection.deadline, conversation.sink.failures]).toEqual([Infinity, []]);
});
