import { createContext, Pull, Push } from '@nest-zmq/core';
import { ManualClock } from '../../libs/zmq-core/src/testing/manual-clock.js';
import { ChaosProxy } from '../support/chaos-proxy.js';
import { bytes, command, frame, message, pattern } from '../support/raw-bytes.js';
import { RawPeer } from '../support/raw-peer.js';
import { Trial } from '../support/trial.js';

/*
 * Bad input and faults: frames. The titles quote the list of faults, a line each. After every
 * test the process holds what it held before, and a healthy pair beside has noticed nothing.
 */

const MIB = 1024 * 1024;

let clock: ManualClock;
let trial: Trial;

beforeEach(async () => {
  clock = new ManualClock();
  trial = await Trial.begin(clock);
});
afterEach(() => trial.end());

/** That the offender is gone, by exactly one event with a reason, and one count. */
async function expectEnd(reason: RegExp, counter: string, on = trial): Promise<void> {
  const { types, reasons } = await on.bystander.during(on.stage.aftermath());
  expect(types).toEqual(['accept', 'handshake', 'disconnect']);
  expect(reasons).toEqual([expect.stringMatching(reason)]);
  expect(on.counted).toEqual({ [counter]: 1 });
}

describe('Lengths 2^63, 2^64−1, 2^53+1, 2^40 → closed without allocating', () => {
  it.each([
    ['2^63', '8000000000000000'],
    ['2^64−1', 'FFFFFFFFFFFFFFFF'],
    ['2^53+1', '0020000000000001'],
    ['2^40', '0000010000000000'],
    ['2^31', '0000000080000000'],
  ])('%s, in the first part, in a later one and of a command', async (_, length) => {
    const starts = ['02', '03', '06', '01 01 "a" 02', '01 01 "a" 03'];
    const before = process.memoryUsage().arrayBuffers;
    for (const start of starts) {
      trial.stage.events.mark();
      const peer = await trial.connected('raw');
      peer.write(bytes(`${start} ${length}`), pattern(1000));
      await peer.ended;
      const { types, reasons } = await trial.bystander.during(trial.stage.aftermath());
      expect(types).toEqual(['accept', 'handshake', 'disconnect']);
      expect(reasons).toEqual([expect.stringMatching(/over the limit/)]);
    }
    expect(trial.counted).toEqual({ maxMessageSize: starts.length });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * MIB);
  });
});

describe('Exactly the maximum → delivered; one more → closed, and no part of that message delivered', () => {
  it.each([
    ['of `maxMessageSize`', { maxMessageSize: 1000 }, message(pattern(1000), 'last'), message('first', pattern(1001)), /1001 bytes is over the limit of 1000/],
    ['of `maxFramesPerMessage`', { maxFramesPerMessage: 10 }, message(...new Array<string>(10).fill('')), message(...new Array<string>(11).fill('')), /more than 10 frames/],
    ['of `maxUnfinishedBytes`', { maxUnfinishedBytes: 1000 }, message(pattern(600), pattern(400)), message(pattern(600), pattern(401)), /\(maxUnfinishedBytes\)/],
  ])('%s', async (name, options, most, more, reason) => {
    const small = await Trial.begin(new ManualClock(), options);
    const peer = await small.connected('raw');
    peer.write(most);
    expect(String((await small.stage.router.receive())[0])).toBe('raw');
    peer.write(message('before'), more, message('after'));
    expect((await small.stage.router.receive()).map(String)).toEqual(['raw', 'before']);
    await peer.ended;
    await expectEnd(reason, name.slice(4, -1), small);
    await small.end();
  }); // prettier-ignore

  it('of a message that is never finished, whose parts are each allowed', async () => {
    const small = await Trial.begin(new ManualClock(), { maxUnfinishedBytes: MIB, maxMessageSize: 64 * 1024 });
    const peer = await small.connected('raw');
    const part = frame(1, pattern(60_000));
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 100; i++) peer.write(part);
    await peer.ended;
    await expectEnd(/bytes of a message have come/, 'maxUnfinishedBytes', small);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * MIB);
    await small.end();
  });
});

it('200 peers each declaring 16 MiB and sending 1 KiB → memory follows the bytes received', async () => {
  const peers = await Promise.all(Array.from({ length: 200 }, (_, i) => trial.connected(`raw ${i}`)));
  const before = trial.grownBy;
  for (const peer of peers) peer.write(bytes('02 0000000001000000'), pattern(512));
  await trial.bystander.exchange();
  for (const peer of peers) peer.write(pattern(512));
  await trial.stage.exchange();
  await trial.bystander.exchange();
  expect(trial.grownBy - before).toBeLessThan(8 * MIB);
  for (const peer of peers) peer.reset();
  await trial.stage.events.until('disconnect', 200);
  await trial.stage.exchange();
  expect(trial.stage.events.reasons).toHaveLength(200);
  expect(trial.counted).toEqual({ lost: 200 });
});

it('Millions of empty MORE frames → closed at the frame cap', async () => {
  const peer = await trial.connected('raw');
  peer.write(Buffer.alloc(2 * 2_000_000).fill('\x01\0', 'latin1'));
  await trial.bystander.during(peer.ended);
  await expectEnd(/more than 16384 frames/, 'maxFramesPerMessage');
});

it('A hundred messages of 16,384 frames of one byte that nobody reads → memory follows the bytes received, not the frames', async () => {
  const pull = new Pull({ context: createContext({ clock }), linger: 0 });
  await pull.bind('tcp://127.0.0.1:*');
  const peer = await RawPeer.connect(pull.lastEndpoint!);
  await peer.handshake('PUSH');
  const before = trial.grownBy;
  const wire = Buffer.concat([Buffer.alloc(3 * 16_383).fill('\x01\x01a', 'latin1'), bytes('00 01 "b"')]);
  for (let i = 0; i < 100; i++) peer.write(wire);
  while (peer.unsent > 0) await trial.bystander.exchange();
  await trial.bystander.exchange();
  // Five megabytes on the wire; with an object for each frame it were two hundred.
  expect(trial.grownBy - before).toBeLessThan(40 * MIB);
  for (let i = 0; i < 100; i++) expect((await pull.receive()).length).toBe(16_384);
  peer.destroy();
  pull.close();
});

describe('Any chunking of valid traffic, down to one byte at a time → the same messages', () => {
  const traffic = Array.from({ length: 60 }, (_, i) =>
    Array.from({ length: 1 + (i % 4) }, (_part, part) => pattern((i * i * 37 + part) % 9000, i)),
  );

  it('one byte at a time', async () => {
    const peer = await trial.connected('raw');
    const few = [['a'], ['', 'b', ''], [pattern(300)], ['', '']];
    await peer.writeByteByByte(Buffer.concat(few.map((frames) => message(...frames))));
    for (const frames of few) {
      const [, ...received] = await trial.stage.router.receive();
      expect(Buffer.concat(received).equals(Buffer.concat(frames.map((each) => Buffer.from(each))))).toBe(true);
      expect(received).toHaveLength(frames.length);
    }
  });

  it.each([1, 2, 3, 4])('through a network that splits and delays as it likes (seed %i)', async (seed) => {
    const context = createContext({ clock });
    const pull = new Pull({ context });
    const push = new Push({ context });
    await pull.bind('tcp://127.0.0.1:*');
    const proxy = await ChaosProxy.start(pull.lastEndpoint!, { seed, weather: { split: true, stall: 0.05 } });
    push.connect(proxy.endpoint);
    const received = (async () => {
      for (const frames of traffic) {
        const parts = await pull.receive();
        expect(parts.map(({ length }) => length)).toEqual(frames.map(({ length }) => length));
        expect(Buffer.concat(parts).equals(Buffer.concat(frames))).toBe(true);
      }
    })();
    for (const frames of traffic) await push.send(frames);
    await trial.bystander.during(received);
    expect(proxy.done.pieces).toBeGreaterThan(traffic.length);
    push.close();
    pull.close();
    await proxy.close();
  });
});

describe('FIN or RST in the middle of a frame or multipart message → no partial message, buffers freed', () => {
  it.each([
    ['of a header', bytes('02 00000000')],
    ['of a body of 4 MiB', Buffer.concat([bytes('02 0000000000400000'), pattern(3 * MIB)])],
    ['of a message of 16,000 frames', message(...new Array<string>(16_000).fill('xyz')).subarray(0, -1)],
    ['of a command', bytes('04 09 09 "SUB"')],
  ])('%s', async (_, wire) => {
    const before = trial.grownBy;
    for (const how of ['end', 'reset', 'end', 'reset', 'end', 'reset'] as const) {
      trial.stage.events.mark();
      const peer = await trial.connected('raw');
      peer.write(message('whole'), wire);
      expect((await trial.stage.router.receive()).map(String)).toEqual(['raw', 'whole']);
      peer[how]();
      const { types, reasons } = await trial.bystander.during(trial.stage.aftermath());
      expect(types).toEqual(['accept', 'handshake', 'disconnect']);
      expect(reasons).toHaveLength(1);
      expect(trial.stage.router.peers).toHaveLength(1);
    }
    expect(trial.counted).toEqual({ lost: 6 });
    // While our socket is open: the buffers are free now, not at its end. (The raw peer may still hold what it wrote last.)
    expect(trial.grownBy - before).toBeLessThan(6 * MIB);
  });
});

describe('Unknown or empty commands, command name longer than the body → ignored or closed as the RFC says', () => {
  it.each([
    ['another READY', bytes('04 06 05 "READY"')],
    ['an unknown command', bytes('04 06 05 "HELLO"')],
    ['an empty command', bytes('04 00')],
    ['an empty name', bytes('04 01 00')],
    ['a command with MORE', bytes('05 06 05 "HELLO"')],
    ['an ERROR', bytes('04 0B 05 "ERROR" 04 "busy"')],
    ['a MESSAGE of no mechanism', command('MESSAGE', pattern(40))],
    ['an unknown command of 1 MiB', command('HELLO', pattern(MIB))],
  ])('%s: ignored', async (_, wire) => {
    const peer = await trial.connected('raw');
    peer.write(wire, message('x'));
    expect((await trial.bystander.during(trial.stage.router.receive())).map(String)).toEqual(['raw', 'x']);
    await peer.fence();
    expect(trial.stage.events.types).toEqual(['accept', 'handshake']);
    expect(trial.counted).toEqual({});
  });

  it('command name longer than the body: closed', async () => {
    const peer = await trial.connected('raw');
    peer.write(bytes('04 02 05 "R"'), message('x'));
    await peer.ended;
    await expectEnd(/a name of 5 bytes/, 'protocol');
  });
});

describe('PING', () => {
  it('without TTL → closed', async () => {
    const peer = await trial.connected('raw');
    peer.write(bytes('04 05 04 "PING"'), message('x'));
    await peer.ended;
    await expectEnd(/PING has no TTL/, 'protocol');
  });

  it('context of 64 KiB → at most 16 bytes come back', async () => {
    const peer = await trial.connected('raw');
    peer.write(command('PING', Buffer.concat([bytes('0000'), pattern(65_536)])));
    expect(await peer.readFrame()).toEqual(command('PONG', pattern(16)));
  });

  it('100,000 PINGs a second, and never reads → the PONG queue is bounded: closed', async () => {
    const peer = await trial.connected('raw');
    peer.pause();
    const pings = Buffer.concat(new Array<Buffer>(1000).fill(command('PING', bytes('0000 "0123456789abcdef"'))));
    const before = trial.grownBy;
    // The kernels take the answers to some hundred thousand.
    while (!trial.stage.events.types.includes('disconnect')) {
      peer.write(pings);
      await trial.bystander.exchange();
    }
    expect(trial.grownBy - before).toBeLessThan(4 * MIB);
    await expectEnd(/leaves 1000 answers unread \(maxPendingPongs\)/, 'maxPendingPongs');
    // It learns of it when it reads.
    peer.resume();
    await peer.ended;
  });

  it('with a TTL of a tenth of a second, over and over, makes no more than one timer', async () => {
    const peer = await trial.connected('raw');
    const before = clock.pending;
    for (let i = 0; i < 30; i++) peer.write(command('PING', bytes('0001')));
    peer.write(message('done'));
    expect((await trial.stage.router.receive()).map(String)).toEqual(['raw', 'done']);
    expect(clock.pending - before).toBeLessThanOrEqual(1);
    clock.advance(100);
    await peer.ended;
    await expectEnd(/silent/, 'silence');
  });
});
