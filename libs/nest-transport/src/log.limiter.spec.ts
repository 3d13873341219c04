import { ManualClock } from './testing/manual.clock.js';
import { LogLimiter } from './log.limiter.js';

describe('LogLimiter', () => {
  it('writes the first line of a kind at once, and the next one ten seconds later with the number left out', () => {
    const clock = new ManualClock();
    const lines: string[] = [];
    const limiter = new LogLimiter(clock, (line) => lines.push(line));
    let made = 0;
    const log = (kind: 'bad' | 'worse', text: string) => limiter.log(kind, () => (made++, text));

    log('bad', 'one');
    log('bad', 'two');
    log('worse', 'other');
    clock.advance(9_999);
    log('bad', 'three');
    expect(lines).toEqual(['one', 'other']);
    expect(made).toBe(2);

    clock.advance(1);
    log('bad', 'four');
    expect(lines[2]).toBe('four (and 2 more like this before)');
    clock.advance(10_000);
    log('bad', 'five');
    expect(lines[3]).toBe('five');
  });
});
