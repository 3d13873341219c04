import { giveBack, toMultipart } from './message.js';

it('gives a message sent from within the sending of another an array of its own', () => {
  const outer = toMultipart('outer')!;
  const inner = toMultipart('inner')!;
  expect([String(outer[0]), String(inner[0])]).toEqual(['outer', 'inner']);
  giveBack(inner);
  expect(String(outer[0])).toBe('outer');
  giveBack(outer);
  const next = toMultipart('next')!;
  expect(next).toBe(outer);
  giveBack(next);
});
