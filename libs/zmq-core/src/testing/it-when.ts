/** `it` where the condition holds; elsewhere `it.skip`, with the reason printed: nothing is left out without a word. */
export function itWhen(condition: boolean, reason: string): typeof it {
  if (condition) return it;
  process.stderr.write(`note: a test is skipped: ${reason}\n`);
  return it.skip;
}
