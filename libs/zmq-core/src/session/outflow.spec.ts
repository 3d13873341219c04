import { jest } from '@jest/globals';
import { Batch, BATCH_SIZE } from '../connection/batch.js';
import type { Connection } from '../connection/connection.js';
import { encodeMessage } from '../connection/frame-encoder.js';
import { packedFrames } from '../connection/packed-frames.js';
import { createPipe, type PipeHandler } from '../pipe/pipe.js';
import { turn } from '../testing/turn.js';
import type { ByteStream } from '../transport/byte-stream.js';
import { Outflow } from './outflow.js';

const ignored: PipeHandler = {
  onReadable() {},
  onWritable() {},
  onHiccup() {},
  onPeer() {},
  onPeerGone() {},
  onClosed() {},
};

/** An outflow with its pipe, over a stream that writes down what it gets. */
function outflow(batch: Batch, batchSize?: number) {
  const written: Buffer[] = [];
  const stream = {
    pendingBytes: 0,
    broken: false,
    write: (segments: readonly Buffer[]) => written.push(Buffer.concat(segments)),
    end() {},
  };
  const connection = { sendsPacked: true, hasOutput: false, takeOutput() {}, encode: encodeMessage };
  const flow = new Outflow(batch, stream as unknown as ByteStream, connection as unknown as Connection, batchSize);
  const marks = { outward: { messages: 1000, bytes: 0 }, inward: { messages: 0, bytes: 0 } };
  const [own, theirs] = createPipe({ ...marks, keepOutward: packedFrames });
  own.handler = ignored;
  theirs.handler = { ...ignored, onReadable: () => flow.schedule(), onFull: () => flow.gather() };
  flow.open(theirs);
  return { flow, own, stream, texts: () => textsOf(Buffer.concat(written)), writes: written };
}

/** The bodies of short frames. */
function textsOf(wire: Buffer): string[] {
  const texts: string[] = [];
  for (let at = 0; at < wire.length; at += 2 + wire[at + 1]!)
    texts.push(wire.toString('latin1', at + 2, at + 2 + wire[at + 1]!));
  return texts;
}

const numbered = (letter: string, count: number) => Array.from({ length: count }, (_, i) => `${letter}${i}`);

it('leaves the batch alone while another outflow fills it, and still sends what came meanwhile', async () => {
  const batch = new Batch();
  const [a, b] = [outflow(batch), outflow(batch)];
  await turn();
  a.stream.pendingBytes = 1;
  for (const text of numbered('a', 1000)) expect(a.own.send([Buffer.from(text)])).toBe(true);
  for (const text of numbered('b', 999)) expect(b.own.send([Buffer.from(text)])).toBe(true);
  // A publisher that waits for room at A: the read that makes it also fills B's pipe to its mark.
  let waiting = true;
  a.own.handler = {
    ...ignored,
    onWritable() {
      if (!waiting) return;
      waiting = false;
      for (const { own } of [a, b]) expect(own.send([Buffer.from('c')])).toBe(true);
    },
  };
  a.stream.pendingBytes = 0;
  a.flow.flush();
  await turn();
  await turn();
  expect(a.texts()).toEqual([...numbered('a', 1000), 'c']);
  expect(b.texts()).toEqual([...numbered('b', 999), 'c']);
});

it('gathers from a full pipe in one write, and needs no memory of its own for it', async () => {
  const { own, texts, writes } = outflow(new Batch());
  await turn();
  const allocate = jest.spyOn(Buffer, 'allocUnsafeSlow');
  for (const text of numbered('x', 5000)) expect(own.send([Buffer.from(text)])).toBe(true);
  await turn();
  const arenas = allocate.mock.calls.filter(([size]) => size === BATCH_SIZE).length;
  allocate.mockRestore();
  expect([writes.length, arenas]).toEqual([1, 0]);
  expect(texts()).toEqual(numbered('x', 5000));
});

it('is not left busy by an error', () => {
  const batch = new Batch();
  const { own, flow, stream } = outflow(batch);
  stream.pendingBytes = 1;
  own.send([Buffer.alloc(200)]);
  stream.pendingBytes = 0;
  const spy = jest.spyOn(batch, 'reserve').mockImplementation(() => {
    throw new Error('mine');
  });
  expect(() => flow.flush()).toThrow('mine');
  spy.mockRestore();
  expect(batch.isBusy).toBe(false);
});

it.each([
  [1, 1],
  [24, 2],
  [25, 3],
  [BATCH_SIZE * 2, 10],
])('a write of an outflow with batches of %d bytes has %d messages of 12, first in first out', async (size, count) => {
  const { flow, own, writes, texts } = outflow(new Batch(), size);
  await turn();
  const sent = Array.from({ length: 10 }, (_, i) => `message 0${i}`);
  for (const text of sent) expect(own.send([Buffer.from(text)])).toBe(true);
  while (texts().length < sent.length) await turn();
  expect(writes[0]!.length).toBe(count * 12);
  expect(texts()).toEqual(sent);
  flow.end();
});
