import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { differences } from '../interop/differences.js';

const text = readFileSync(fileURLToPath(new URL('../../docs/migrating-from-zeromq.md', import.meta.url)), 'utf8');

/** The rows below the comment. */
function rowsOf(name: string): string[][] {
  const [, rest = ''] = text.split(`<!-- ${name} -->\n\n`);
  const [table = ''] = rest.split('\n\n');
  const [, , ...rows] = table.split('\n').map((line) =>
    line
      .replace(/^\|(.*)\|$/, '$1')
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim()),
  );
  return rows;
}

describe('docs/migrating-from-zeromq.md', () => {
  it('shows every difference of the drop-in entries, once, and no other', () => {
    const listed = new Map(differences.map(({ what, reason }) => [`${what}|${reason}`, [what, reason]]));
    expect(listed.size).toBeGreaterThan(20);
    expect(rowsOf('differences')).toEqual([...listed.values()]);
  });
});
