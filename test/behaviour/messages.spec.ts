import { runInNewContext } from 'node:vm';
import { type MessageLike, Publisher, Pull, Push, Subscriber } from '@nest-zmq/core';
import { closedAfterEach, deadEndpoint, receive, text, untilPeers } from '../support/sockets.js';

describe.each(['tcp://127.0.0.1:*', 'ipc://*', 'inproc://memory'])('memory of messages over %s', (address) => {
  const open = closedAfterEach();

  async function pair() {
    const [pull, push] = [open(new Pull()), open(new Push())];
    await pull.bind(address);
    push.connect(pull.lastEndpoint!);
    await untilPeers(push, 1);
    return { pull, push };
  }

  it.each<[string, (size: number) => MessageLike]>([
    ['a Buffer', (size) => Buffer.alloc(size, 'a')],
    ['a typed array of a part of its memory', (size) => new Uint8Array(size + 20).fill(97).subarray(5, 5 + size)],
    ['a DataView', (size) => new DataView(new Uint8Array(size + 20).fill(97).buffer, 7, size)],
    ['an ArrayBuffer', (size) => new Uint8Array(size).fill(97).buffer],
    ['an ArrayBuffer of another realm', (size) => runInNewContext(`new Uint8Array(${size}).fill(97).buffer`)],
    ['a SharedArrayBuffer', (size) => new Uint8Array(new SharedArrayBuffer(size)).fill(97).buffer],
  ])('of %s arrives, small and large, alone and among others', async (_what, make) => {
    const { pull, push } = await pair();
    const sizes = [0, 1, 128, 129, 255, 256, 70_000];
    for (const size of sizes) await push.send(make(size));
    await push.send(sizes.map(make));
    const wanted = sizes.map((size) => 'a'.repeat(size));
    expect(await receive(pull, sizes.length + 1)).toEqual([...wanted.map((part) => [part]), wanted]);
  });

  it('text is UTF-8, and half of a pair is U+FFFD', async () => {
    const { pull, push } = await pair();
    await push.send(['grüße 🎈', 'a\ud800b', '']);
    expect((await pull.receive()).map(String)).toEqual(['grüße 🎈', 'a\ufffdb', '']);
  });

  it('of small parts may be used again at once', async () => {
    const { pull, push } = await pair();
    const memory = Buffer.alloc(128);
    for (const way of ['send', 'trySend'] as const) {
      for (const message of [memory, [memory, memory]]) {
        memory.fill('a');
        void push[way](message);
        memory.fill('b');
      }
    }
    const a = 'a'.repeat(128);
    expect(await receive(pull, 4)).toEqual([[a], [a, a], [a], [a, a]]);
  });

  it('of what was received is the receiver’s: to change it changes no other message', async () => {
    const { pull, push } = await pair();
    for (let i = 0; i < 3; i++) await push.send([String(i), 'x'.repeat(100)]);
    const [first, second] = [await pull.receive(), await pull.receive()];
    for (const part of second) part.fill(0);
    expect(text(first)).toEqual(['0', 'x'.repeat(100)]);
    expect(await receive(pull, 1)).toEqual([['2', 'x'.repeat(100)]]);
  });
});

describe('memory of messages', () => {
  const open = closedAfterEach();

  it('of small parts may be used again while a send waits, and while nobody is there', async () => {
    const pull = open(new Pull());
    const endpoint = await deadEndpoint(pull);
    const push = open(new Push());
    const memory = Buffer.from('first');
    const waiting = push.send(memory);
    memory.write('again');
    push.connect(endpoint);
    await waiting;
    const queued = Buffer.from('second');
    await push.send(queued);
    queued.write('thirds');
    await pull.bind(endpoint);
    expect(await receive(pull, 2)).toEqual([['first'], ['second']]);
  });

  it('over inproc is shared by all who received it, where it is large', async () => {
    const publisher = open(new Publisher());
    await publisher.bind('inproc://shared');
    const subscribers = [open(new Subscriber()), open(new Subscriber())];
    for (const subscriber of subscribers) {
      subscriber.subscribe('');
      subscriber.connect('inproc://shared');
    }
    const large = Buffer.alloc(129);
    await publisher.send(['topic', large]);
    const messages = await Promise.all(subscribers.map((subscriber) => subscriber.receive()));
    for (const [, part] of messages) expect(part!.buffer).toBe(large.buffer);
    // The array is each one's own.
    messages[0]!.pop();
    expect(messages[1]).toHaveLength(2);
  });
});
