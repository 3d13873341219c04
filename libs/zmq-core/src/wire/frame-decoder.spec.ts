import { jest } from '@jest/globals';
import fc from 'fast-check';
import { bytes, pattern, print } from '../testing/bytes.js';
import { cutAt, everyChunking } from '../testing/chunking.js';
import { FrameDecoder, rightSized } from './frame-decoder.js';

type Frame = readonly [flags: number, body: Buffer];

/** Feeds the chunks one by one, decoding what there is after each. */
function decode(chunks: readonly Buffer[], decoder = new FrameDecoder(1 << 30)): Frame[] {
  const frames: Frame[] = [];
  for (const chunk of chunks) {
    decoder.feed(chunk);
    while (decoder.next()) frames.push([decoder.flags, decoder.body]);
  }
  return frames;
}

function printed(frames: readonly Frame[]): (readonly [flags: number, body: string])[] {
  return frames.map(([flags, body]) => [flags, print(body)]);
}

/** A frame by the rules of 37/ZMTP, written independently of the encoder. */
function frame(flags: number, body: Buffer): Buffer {
  if (body.length <= 255) return Buffer.concat([Buffer.from([flags, body.length]), body]);
  const header = Buffer.alloc(9);
  header[0] = flags | 2;
  header.writeBigUInt64BE(BigInt(body.length), 1);
  return Buffer.concat([header, body]);
}

const vectors: readonly [name: string, wire: string, frames: readonly [flags: number, body: string][]][] = [
  ['an empty message', '00 00', [[0, '']]],
  ['a short message', '00 05 "Hello"', [[0, '"Hello"']]],
  ['two frames of a message', '01 01 "a" 00 00', [[1, '"a"'], [0, '']]],
  ['three messages', '00 01 "a" 00 00 00 02 "bc"', [[0, '"a"'], [0, ''], [0, '"bc"']]],
  ['a command', '04 05 04 "PONG"', [[4, '04 "PONG"']]],
  ['an empty command', '04 00', [[4, '']]],
  ['the long form of a short body', '02 0000000000000003 "abc"', [[2, '"abc"']]],
  ['the long form of nothing', '02 0000000000000000 03 0000000000000001 "x"', [[2, ''], [3, '"x"']]],
  ['reserved bits', 'F8 01 "a" FB 0000000000000001 "b"', [[0xf8, '"a"'], [0xfb, '"b"']]],
  ['the DEALER of libzmq', '04 29 05 "READY" 0B "Socket-Type" 00000006 "DEALER" 08 "Identity" 00000000', [
    [4, '05 "READY" 0B "Socket-Type" 00000006 "DEALER" 08 "Identity" 00000000'],
  ]],
]; // prettier-ignore

it.each(vectors)('%s', (_, wire, expected) => {
  everyChunking(bytes(wire), (chunks) => {
    expect(decode(chunks)).toEqual(expected.map(([flags, body]) => [flags, bytes(body)]));
  });
});

describe('sizes around the borders', () => {
  it.each([0, 1, 63, 64, 254, 255, 256, 8191, 8192, 8193, 65_535, 65_536, 300_000])('a body of %i bytes', (size) => {
    const body = pattern(size);
    const wire = Buffer.concat([frame(1, body), frame(0, bytes('"end"'))]);
    const flags = size > 255 ? 3 : 1;
    const expected = printed([
      [flags, body],
      [0, bytes('"end"')],
    ]);
    expect(printed(decode([wire]))).toEqual(expected);
    expect(printed(decode(cutAt(wire, [1, 2, 8, 9, 10, wire.length - 5, wire.length - 1])))).toEqual(expected);
    expect(printed(decode(cutAt(wire, wire.keys())))).toEqual(expected);
  });
});

const anyBody = fc
  .tuple(fc.oneof(fc.integer({ min: 0, max: 300 }), fc.constantFrom(8192, 65_536)), fc.integer({ min: 0, max: 99 }))
  .map(([size, seed]) => pattern(size, seed));
const anyFrames = fc.array(fc.tuple(fc.constantFrom(0, 1, 4), anyBody), { maxLength: 12 });

it('gives the same frames for any frames and any chunking', () => {
  fc.assert(
    fc.property(anyFrames, fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 40 }), (frames, cuts) => {
      const wire = Buffer.concat(frames.map(([flags, body]) => frame(flags, body)));
      const decoded = decode(
        cutAt(
          wire,
          cuts.map((at) => Math.floor(at * wire.length)),
        ),
      );
      expect(printed(decoded.map(([flags, body]) => [flags & ~2, body]))).toEqual(printed(frames));
    }),
  );
});

describe('runs of unopened messages', () => {
  /** All messages: as many as there are by runs of at most `most`, the rest frame by frame. */
  function messages(chunks: readonly Buffer[], most: number, maxFrames = 100): (readonly string[])[] {
    const decoder = new FrameDecoder(1 << 30);
    const read: string[][] = [];
    let unfinished: string[] = [];
    for (const chunk of chunks) {
      decoder.feed(chunk);
      for (;;) {
        const run = unfinished.length === 0 ? decoder.nextRun(most, maxFrames) : undefined;
        expect(run?.length ?? 1).toBeLessThanOrEqual(most);
        while (run !== undefined && run.length > 0) read.push(run.shift().map(print));
        if (!decoder.next()) break;
        unfinished.push(print(decoder.body));
        if ((decoder.flags & 1) !== 0) continue;
        read.push(unfinished);
        unfinished = [];
      }
    }
    return read;
  }

  it('are the same messages as without them, for any messages and any chunking', () => {
    const size = fc.oneof({ weight: 6, arbitrary: fc.nat(12) }, fc.constantFrom(255, 256, 9000));
    const body = fc.tuple(size, fc.nat(99)).map(([length, seed]) => pattern(length, seed));
    const message = fc.array(body, { minLength: 1, maxLength: 5 });
    const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 30 }), cuts, fc.integer({ min: 1, max: 40 }), (sent, places, most) => {
        const wire = Buffer.concat(
          sent.flatMap((frames) => frames.map((each, i) => frame(i < frames.length - 1 ? 1 : 0, each))),
        );
        const chunks = cutAt(
          wire,
          places.map((at) => Math.floor(at * wire.length)),
        );
        expect(messages(chunks, most)).toEqual(sent.map((frames) => frames.map(print)));
      }),
    );
  });

  it('end before a command, an unfinished message, and one of too many frames', () => {
    const decoder = new FrameDecoder(200);
    const lengths = (wire: string) => {
      decoder.feed(bytes(wire));
      const run = decoder.nextRun(100, 2);
      while (decoder.next());
      return run?.length;
    };
    expect(lengths('00 00 04 00 00 00')).toBe(1);
    expect(lengths('00 00 02 0000000000000001 "a" 00 00')).toBe(3);
    expect(lengths('00 00 01 00')).toBe(1);
    expect(lengths('01 00 00 00 01 00 01 00 00 00')).toBe(1);
    expect(lengths('04 00')).toBeUndefined();
    decoder.feed(bytes('00 00 00 C9'));
    expect(decoder.nextRun(100, 2)!.length).toBe(1);
    expect(() => decoder.next()).toThrow(/over the limit/);
  });
});

it('keeps the order of chunks that come while decoding is stopped', () => {
  const stream = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(stream, fc.array(fc.nat(8), { maxLength: 60 }), (chunkSizes, script) => {
      const wire = Buffer.concat(Array.from({ length: 24 }, (_, i) => frame(0, Buffer.from([i]))));
      const places = chunkSizes.map((_, i) => chunkSizes.slice(0, i + 1).reduce((sum, size) => sum + size * 2, 0));
      const chunks = cutAt(wire, places);
      const decoder = new FrameDecoder(100);
      const decoded: number[] = [];
      const take = () => decoder.next() && decoded.push(decoder.body[0]!);
      // Each step feeds a chunk or takes some frames: a sink that stops at any place.
      for (const step of script) {
        if (step === 0 && chunks.length > 0) decoder.feed(chunks.shift()!);
        else take();
        if (step === 7) decoder.compact();
      }
      for (const chunk of chunks) decoder.feed(chunk);
      while (take());
      expect(decoded).toEqual(Array.from({ length: 24 }, (_, i) => i));
      expect(decoder.hasBytes).toBe(false);
    }),
  );
});

describe('limits', () => {
  const sizes: [string, string][] = [
    ['2^40', '0000010000000000'],
    ['2^53+1', '0020000000000001'],
    ['2^63-1', '7FFFFFFFFFFFFFFF'],
    ['2^63', '8000000000000000'],
    ['2^64-1', 'FFFFFFFFFFFFFFFF'],
  ];

  it.each(sizes)('a length of %s is refused with the last byte of its header', (_, length) => {
    everyChunking(bytes(`02 ${length}`), (chunks) => {
      const decoder = new FrameDecoder(2 ** 31 - 1);
      expect(decode(chunks.slice(0, -1), decoder)).toEqual([]);
      expect(() => decode(chunks.slice(-1), decoder)).toThrow(
        expect.objectContaining({ name: 'ProtocolError', message: expect.stringMatching(/over the limit/) }),
      );
    });
  });

  it('without a limit a frame ends where memory does', () => {
    const allocate = jest.spyOn(Buffer, 'allocUnsafeSlow').mockImplementation(() => {
      throw new RangeError('Array buffer allocation failed');
    });
    try {
      expect(() => decode([bytes('02 7FFFFFFFFFFFFFFF 00')], new FrameDecoder(Infinity))).toThrow(
        expect.objectContaining({ name: 'ProtocolError', message: expect.stringMatching(/memory/) }),
      );
    } finally {
      allocate.mockRestore();
    }
  });

  it.each([1, 64, 255, 256, 8192])('%i bytes are accepted when that is the limit, one more is not', (limit) => {
    const places = [1, 2, 3, 8, 9, 10, limit];
    const exact = frame(0, pattern(limit));
    const larger = frame(0, pattern(limit + 1));
    for (const cuts of [[], places, ...places.map((at) => [at])]) {
      expect(decode(cutAt(exact, cuts), new FrameDecoder(limit))).toHaveLength(1);
      expect(() => decode(cutAt(larger, cuts), new FrameDecoder(limit))).toThrow(/over the limit/);
    }
  });

  it('refuses before the body has come', () => {
    expect(() => decode([bytes('00 41')], new FrameDecoder(64))).toThrow(/65 bytes is over the limit of 64/);
  });
});

describe('memory', () => {
  it('follows the bytes that came, never the length that was declared', () => {
    const allocate = jest.spyOn(Buffer, 'allocUnsafeSlow');
    try {
      const decoder = new FrameDecoder(2 ** 31 - 1);
      decoder.feed(Buffer.concat([bytes('02 0000000040000000'), pattern(1024)]));
      expect(decoder.next()).toBe(false);
      decoder.feed(pattern(10_000));
      expect(decoder.next()).toBe(false);
      const largest = Math.max(...allocate.mock.calls.map(([size]) => size));
      expect(largest).toBeLessThanOrEqual(4 * 11_024);
    } finally {
      allocate.mockRestore();
    }
  });

  it('a body that is split has a buffer of exactly its size', () => {
    for (const size of [4, 1023, 1024, 1025, 5000, 70_000]) {
      const [[, body]] = decode(cutAt(frame(0, pattern(size)), [5, 600, 900, 4000])) as [Frame];
      expect(body.buffer.byteLength).toBe(size);
    }
  });

  it('a body that lies in one chunk is a view on it', () => {
    const chunk = frame(0, pattern(100));
    const [[, body]] = decode([chunk]) as [Frame];
    expect(body.buffer).toBe(chunk.buffer);
    expect(body.byteOffset).toBe(chunk.byteOffset + 2);
  });

  it('tells what is pinned: each chunk once, and the copies of split bodies', () => {
    const decoder = new FrameDecoder(1 << 20);
    const wire = Buffer.concat([frame(0, pattern(10)), frame(0, pattern(10)), frame(0, pattern(2000))]);
    decode([wire.subarray(0, 30)], decoder);
    expect(decoder.pinned).toBe(30);
    decoder.pinned = 0;
    decode([wire.subarray(30)], decoder);
    expect(decoder.pinned).toBe(wire.length - 30 + 2000);
  });

  it('counts waiting chunks when their turn comes', () => {
    const decoder = new FrameDecoder(100);
    decoder.feed(frame(0, pattern(10)));
    decoder.feed(frame(0, pattern(20)));
    expect(decoder.pinned).toBe(12);
    expect(decoder.next()).toBe(true);
    expect(decoder.pinned).toBe(12);
    expect(decoder.next()).toBe(true);
    expect(decoder.pinned).toBe(34);
  });

  it('compact lets go of a chunk of which little is left', () => {
    const decoder = new FrameDecoder(1 << 20);
    decoder.feed(rightSized(Buffer.concat([frame(0, pattern(5000)), frame(0, bytes('"rest"'))])));
    expect(decoder.next()).toBe(true);
    decoder.compact();
    expect(decoder.next()).toBe(true);
    expect(decoder.body.toString()).toBe('rest');
    expect(decoder.body.buffer.byteLength).toBe(6);
  });

  it('compact leaves a chunk of which a quarter or more is left', () => {
    const decoder = new FrameDecoder(1 << 20);
    const chunk = rightSized(Buffer.concat([frame(0, pattern(50)), frame(0, pattern(50))]));
    decoder.feed(chunk);
    decoder.next();
    decoder.compact();
    decoder.next();
    expect(decoder.body.buffer).toBe(chunk.buffer);
  });

  it('compact of a chunk that is used up keeps what waits behind it', () => {
    const decoder = new FrameDecoder(100);
    decoder.feed(frame(0, bytes('"a"')));
    decoder.feed(frame(0, bytes('"b"')));
    expect(decoder.next()).toBe(true);
    decoder.compact();
    decoder.feed(frame(0, bytes('"c"')));
    expect(decoder.next() && decoder.body.toString()).toBe('b');
    expect(decoder.next() && decoder.body.toString()).toBe('c');
    expect(decoder.next()).toBe(false);
  });
});

it('takes another limit between frames', () => {
  const decoder = new FrameDecoder(4);
  decoder.feed(Buffer.concat([frame(0, pattern(4)), frame(0, pattern(5))]));
  expect(decoder.next()).toBe(true);
  decoder.maxSize = 5;
  expect(decoder.next()).toBe(true);
});

it('keeps nothing of a chunk that is read to its end', () => {
  const decoder = new FrameDecoder(1 << 30);
  const frames = decode([frame(0, Buffer.from('hello'))], decoder);
  expect([frames.length, decoder.body.length]).toEqual([1, 0]);
});
