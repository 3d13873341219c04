import fc from 'fast-check';
import type { Multipart } from '../foundation/multipart.js';
import { bytes, pattern, print } from '../testing/bytes.js';
import { cutAt } from '../testing/chunking.js';
import { MORE } from '../wire/frame.js';
import { FrameDecoder } from '../wire/frame-decoder.js';
import { Batch } from './batch.js';
import { encodeMessage } from './frame-encoder.js';

/** Encodes as a session does: batch after batch, each copied when it is full. */
function encodeAll(messages: readonly Multipart[], batch = new Batch()): Buffer {
  const written: Buffer[] = [];
  let next = 0;
  while (next < messages.length) {
    batch.begin();
    while (next < messages.length && !batch.isFull) encodeMessage(messages[next++]!, batch);
    written.push(Buffer.concat(batch.finish()));
  }
  return Buffer.concat(written);
}

function decodeAll(chunks: readonly Buffer[]): Buffer[][] {
  const decoder = new FrameDecoder(1 << 30);
  const messages: Buffer[][] = [];
  let frames: Buffer[] = [];
  for (const chunk of chunks) {
    decoder.feed(chunk);
    while (decoder.next()) {
      frames.push(decoder.body);
      if ((decoder.flags & MORE) !== 0) continue;
      messages.push(frames);
      frames = [];
    }
  }
  return messages;
}

const printed = (messages: readonly Multipart[]) => messages.map((message) => message.map(print));

/** A message that goes to several pipes. */
function shared(...frames: Buffer[]): Multipart {
  return Object.assign(frames, { encoded: null });
}

it.each([
  [['""'], '00 00'],
  [['"Hello"'], '00 05 "Hello"'],
  [['"a"', '', '"b"'], '01 01 "a" 01 00 00 01 "b"'],
])('%j', (frames, wire) => {
  expect(encodeAll([frames.map(bytes)])).toEqual(bytes(wire));
});

it.each([
  [0, '00 00'],
  [1, '00 01'],
  [63, '00 3F'],
  [64, '00 40'],
  [254, '00 FE'],
  [255, '00 FF'],
  [256, '02 0000000000000100'],
  [8191, '02 0000000000001FFF'],
  [8192, '02 0000000000002000'],
  [8193, '02 0000000000002001'],
  [65_535, '02 000000000000FFFF'],
  [65_536, '02 0000000000010000'],
  [300_000, '02 00000000000493E0'],
])('a body of %i bytes is %s and itself', (size, header) => {
  const body = pattern(size);
  expect(print(encodeAll([[body]]))).toBe(print(Buffer.concat([bytes(header), body])));
  const first = encodeAll([[body, Buffer.alloc(0)]]);
  expect(first[0]).toBe(bytes(header)[0]! | 1);
});

it('does not change the bodies', () => {
  const bodies = [pattern(10), pattern(10_000)];
  const copies = bodies.map((body) => Buffer.from(body));
  encodeAll([bodies, bodies]);
  expect(bodies).toEqual(copies);
});

it('writes lengths of more than 32 bits', () => {
  // A body of 4 GiB is not at hand in a test: its length is all that the header needs.
  const header: Buffer[] = [];
  const batch = new Batch();
  batch.begin();
  const body = Object.defineProperty(Buffer.alloc(0), 'length', { value: 2 ** 33 + 5 });
  takeHeader(batch, header);
  encodeMessage([body], batch);
  expect(header).toEqual([bytes('02 0000000200000005')]);
});

/** Looks at what was written before a body by reference, without taking the body. */
function takeHeader(batch: Batch, header: Buffer[]): void {
  batch.refer = () => void header.push(...batch.finish().map((segment) => Buffer.from(segment)));
}

const size = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 300 }) },
  { weight: 2, arbitrary: fc.constantFrom(0, 1, 63, 64, 254, 255, 256, 8191, 8192, 8193) },
  { weight: 1, arbitrary: fc.constantFrom(65_535, 65_536, 270_000) },
);
const body = fc.tuple(size, fc.nat(99)).map(([length, seed]) => pattern(length, seed));
const message = fc.array(body, { minLength: 1, maxLength: 6 });
const messages = fc.array(message, { minLength: 1, maxLength: 15 });
const places = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 });

it('any messages, any chunking: the same messages', () => {
  fc.assert(
    fc.property(messages, places, (sent, cuts) => {
      const wire = encodeAll(sent);
      const chunks = cutAt(wire, cuts.map((at) => Math.floor(at * wire.length))); // prettier-ignore
      expect(printed(decodeAll(chunks))).toEqual(printed(sent));
    }),
  );
});

it('many small messages over many batches', () => {
  const sent = Array.from({ length: 30_000 }, (_, i) => [pattern(i % 70, i)]);
  const received = decodeAll(
    cutAt(
      encodeAll(sent),
      Array.from({ length: 40 }, (_, i) => i * 30_011),
    ),
  );
  expect(received).toHaveLength(sent.length);
  expect(received.every(([frame], i) => frame!.equals(sent[i]![0]!))).toBe(true);
});

it('a message of 1000 frames, many of them empty', () => {
  const sent = Array.from({ length: 1000 }, (_, i) => pattern(i % 3 === 0 ? i : 0, i));
  expect(printed(decodeAll([encodeAll([sent])]))).toEqual(printed([sent]));
});

describe('a message of a fan-out', () => {
  it('keeps its bytes for the next session', () => {
    const message = shared(pattern(3), pattern(300));
    const first = encodeAll([message]);
    expect(message.encoded).toEqual(first);
    expect(encodeAll([message])).toEqual(first);
    expect(first).toEqual(encodeAll([[pattern(3), pattern(300)]]));
  });

  it('is copied out of the batch', () => {
    const batch = new Batch();
    const message = shared(pattern(100));
    const first = encodeAll([message], batch);
    encodeAll([[pattern(1000, 5)]], batch);
    expect(encodeAll([message], batch)).toEqual(first);
  });

  it('is not kept when it is large', () => {
    for (const frames of [[pattern(8192)], [pattern(5000), pattern(5000)]]) {
      const message = shared(...frames);
      expect(print(encodeAll([message]))).toBe(print(encodeAll([frames])));
      expect(message.encoded).toBeNull();
    }
  });

  it('is the same as any other message, wherever it lies in the batch', () => {
    fc.assert(
      fc.property(messages, fc.nat(3), (sent, rounds) => {
        const expected = encodeAll(sent);
        const fanOut = sent.map((frames) => shared(...frames));
        for (let round = 0; round <= rounds; round++) expect(encodeAll(fanOut).equals(expected)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });
});
