import { NullMechanism } from '../mechanism/null.js';
import { bytes } from '../testing/bytes.js';
import { everyChunking } from '../testing/chunking.js';
import { encodeGreeting } from '../wire/greeting.js';
import { GreetingPhase } from './greeting-phase.js';

const nullMechanism = new NullMechanism(Buffer.alloc(0));

function receiveAll(chunks: readonly Buffer[]): { finished: ReturnType<GreetingPhase['finish']>[]; rest: Buffer } {
  const phase = new GreetingPhase(nullMechanism);
  const rest: Buffer[] = [];
  const finished = chunks.map((chunk) => {
    rest.push(phase.receive(chunk));
    return phase.finish();
  });
  return { finished, rest: Buffer.concat(rest) };
}

it('has the whole greeting to send before anything came', () => {
  expect(new GreetingPhase(nullMechanism).greeting).toEqual(encodeGreeting('NULL', false));
});

it('takes 64 octets and gives back the rest', () => {
  everyChunking(Buffer.concat([encodeGreeting('NULL', true), bytes('04 05 "rest"')]), (chunks) => {
    const { finished, rest } = receiveAll(chunks);
    expect(finished.at(-1)).toEqual({ major: 3, minor: 1, mechanism: 'NULL', asServer: true });
    expect(rest).toEqual(bytes('04 05 "rest"'));
    let length = 0;
    for (const [i, chunk] of chunks.entries()) {
      length += chunk.length;
      expect(finished[i] !== undefined).toBe(length >= 64);
    }
  });
});

it.each(['PLAIN', 'CURVE', 'null', 'NULL2', 'NUL', ''])('refuses the mechanism "%s"', (mechanism) => {
  expect(() => receiveAll([encodeGreeting(mechanism, false)])).toThrow(
    expect.objectContaining({ code: 'ERR_ZMTP_MECHANISM_MISMATCH', errno: 0x11000002 }),
  );
});

it.each(['"G"', 'FF 0000000000000000 7E', 'FF 0000000000000000 7F 01'])('refuses %s with its last octet', (start) => {
  const wrong = bytes(start);
  expect(() => receiveAll([wrong.subarray(0, -1)])).not.toThrow();
  expect(() => receiveAll([wrong])).toThrow(/not a ZMTP 3 peer/);
});
