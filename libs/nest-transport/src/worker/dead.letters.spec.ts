import { ManualClock } from '../testing/manual.clock.js';
import { DeadLetters, type ZmqDeadLetter } from './dead.letters.js';
import { LogLimiter } from '../log.limiter.js';

const letter: ZmqDeadLetter = {
  pool: 'jobs',
  task: 'job',
  data: 1,
  headers: {},
  reason: 'failed',
  error: { message: 'no' },
  attempts: 3,
};

const make = (): never => {
  throw new Error('nobody asked for it');
};

function setUp() {
  const lines: string[] = [];
  const letters = new DeadLetters(new LogLimiter(new ManualClock(), (line) => lines.push(line)));
  return { lines, letters };
}

it('are logged and counted when nobody wants them, and not even made', () => {
  const { lines, letters } = setUp();
  for (let i = 0; i < 3; i++) letters.tell('job', () => 'it failed', make);
  expect(letters.count).toBe(3);
  expect(lines).toEqual(["Task 'job' is given up: it failed (nobody has @OnDeadLetter())"]);
});

it('are given to each hook, and waited for', async () => {
  const { lines, letters } = setUp();
  const seen: string[] = [];
  letters.add(({ task }) => seen.push(`one ${task}`));
  letters.add(async ({ task }) => {
    await Promise.resolve();
    seen.push(`other ${task}`);
  });
  letters.tell(
    'job',
    () => '',
    () => letter,
  );
  await letters.settled();
  expect(seen).toEqual(['one job', 'other job']);
  expect([letters.count, lines]).toEqual([1, []]);
});

it('do no harm when a hook throws', async () => {
  const { lines, letters } = setUp();
  letters.add(() => {
    throw new Error('no disk');
  });
  letters.tell(
    'job',
    () => '',
    () => letter,
  );
  await letters.settled();
  expect(lines).toEqual([expect.stringContaining("A hook for dead letters threw for task 'job': Error: no disk")]);
});
