import { describe, short, times } from './statistics.mjs';

/**
 * One scenario as a table for a terminal, a column a contender. A case has two lines,
 * so that seven contenders fit into 140 columns: the median with its ratio to the
 * baseline, and the least and most of the rounds.
 */
export function formatTable({ title, unit, higherIsBetter, baseline, contenders, rows }) {
  const lines = [`${title} (${unit}, ${higherIsBetter ? 'more' : 'less'} is better)`];
  for (const { id, name, version } of contenders) lines.push(`  ${id.padEnd(16)} ${name}, ${version}`);
  const table = [['', ...contenders.map(({ id }) => id)]];
  for (const { label, samples } of rows) {
    const base = describe(samples[baseline])?.median;
    const figures = contenders.map(({ id }) => describe(samples[id]));
    table.push([
      label,
      ...figures.map((figure, column) => {
        if (figure === undefined) return '–';
        const isBase = contenders[column].id === baseline;
        return short(figure.median) + (base === undefined || isBase ? '' : ` ${times(figure.median / base)}`);
      }),
    ]);
    table.push(['', ...figures.map((figure) => (figure ? `${short(figure.min)}–${short(figure.max)}` : ''))]);
  }
  const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)) + 2);
  for (const row of table) {
    const [label, ...cells] = row.map((text, column) =>
      column === 0 ? text.padEnd(widths[0]) : text.padStart(widths[column]),
    );
    lines.push(`${label}${cells.join('')}`);
  }
  return lines.join('\n');
}
