/** What calls, events and tasks carry. */
export const PERSON = { id: 17, name: 'somebody', tags: ['a', 'b'] };

export const CASES = [
  { label: '1', inFlight: 1 },
  { label: '64', inFlight: 64 },
  { label: '512', inFlight: 512 },
];

/** Runs `task` so many times; so many are unfinished at any time. */
export async function keepInFlight(inFlight, count, task) {
  let started = 0;
  const lane = async () => {
    while (started < count) await task(started++);
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
}
