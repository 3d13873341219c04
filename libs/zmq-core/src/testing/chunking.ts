/**
 * Runs a vector with the same bytes in one chunk, byte by byte, and cut in two at
 * every place. Each chunk is memory of its own. A failure names the chunking.
 */
export function everyChunking(bytes: Buffer, run: (chunks: readonly Buffer[]) => void): void {
  named('in one chunk', () => run(cutAt(bytes, [])));
  named('byte by byte', () => run(cutAt(bytes, bytes.keys())));
  for (let at = 1; at < bytes.length; at++) named(`cut at ${at}`, () => run(cutAt(bytes, [at])));
}

/** Cuts `bytes` at the given places, which may come in any order, more than once, and out of range. */
export function cutAt(bytes: Buffer, places: Iterable<number>): Buffer[] {
  const inOrder = [...new Set([...places, bytes.length])].filter((place) => place > 0 && place <= bytes.length);
  inOrder.sort((a, b) => a - b);
  let from = 0;
  return inOrder.map((to) => {
    const chunk = Buffer.from(bytes.subarray(from, to));
    from = to;
    return chunk;
  });
}

function named(chunking: string, run: () => void): void {
  try {
    run();
  } catch (error) {
    if (error instanceof Error) error.message = `${chunking}: ${error.message}`;
    throw error;
  }
}
