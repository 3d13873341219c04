import { ErrorLog } from './error.log.js';
import { LogLimiter } from './log.limiter.js';
import { ManualClock } from './testing/manual.clock.js';

it('writes an error as it is, one of a place and class in ten seconds, and how many were left out', () => {
  const clock = new ManualClock();
  const lines: unknown[] = [];
  const log = new ErrorLog(new LogLimiter(clock, () => {}), { error: (line: unknown) => void lines.push(line) });
  const [first, other, elsewhere, again] = [new Error('1'), new TypeError('2'), new Error('3'), new Error('4')];

  log.log("handler 'a'", first);
  for (let i = 0; i < 100; i++)
    log.log("handler 'a'", Object.assign(new Error('x'), { name: `chosen by a peer ${i}` }));
  log.log("handler 'a'", other);
  log.log("handler 'b'", elsewhere);
  log.log("handler 'b'", 'a string');
  expect(lines).toEqual([first, other, elsewhere, 'a string']);
  expect(lines[0]).toBe(first);

  clock.advance(10_000);
  log.log("handler 'a'", again);
  expect(lines.slice(4)).toEqual([again, "(and 100 more like this before, of handler 'a')"]);
});
