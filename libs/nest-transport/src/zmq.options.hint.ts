/** What people write who come from other transporters, or mean another option. */
const MEANT: Readonly<Record<string, string>> = {
  name: 'peerName',
  url: 'connect',
  urls: 'connect',
  host: 'bind',
  port: 'bind',
  servers: 'connect',
  timeout: 'requestTimeout',
  retryAttempts: 'reconnect',
  retryDelay: 'reconnect',
  initial: 'initialDelay',
  max: 'maxDelay',
};

/** The known key that is probably meant by one that is not known; `undefined` when none is near. */
export function meantBy(key: string, known: readonly string[]): string | undefined {
  const meant = Object.hasOwn(MEANT, key) ? MEANT[key] : undefined;
  if (meant !== undefined && known.includes(meant)) return meant;
  let best: string | undefined;
  let least = Math.min(3, Math.floor(key.length / 3)) + 1;
  for (const candidate of known) {
    const edits = editsBetween(key.toLowerCase(), candidate.toLowerCase());
    if (edits >= least) continue;
    best = candidate;
    least = edits;
  }
  return best;
}

/** Letters to put in, take out, change, or exchange with their neighbour. */
function editsBetween(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let edits = Math.min(at(rows, i - 1, j) + 1, row[j - 1]! + 1, at(rows, i - 1, j - 1) + (same ? 0 : 1));
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) edits = Math.min(edits, at(rows, i - 2, j - 2) + 1);
      row.push(edits);
    }
    rows.push(row);
  }
  return at(rows, a.length, b.length);
}

function at(rows: readonly (readonly number[])[], i: number, j: number): number {
  return rows[i]![j]!;
}
