/** Gives 1, 2, … as it is asked, and notes that, and its end. */
export async function* numbers(count: number, log: string[] = []): AsyncGenerator<number> {
  try {
    for (let i = 1; i <= count; i++) {
      log.push(`ask ${i}`);
      yield i;
    }
  } finally {
    log.push('end');
  }
}
