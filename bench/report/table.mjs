import { median, short } from './statistics.mjs';

/** One scenario as a table for a terminal: a row a case, a column a contender, and its ratio to the baseline. */
export function formatTable({ title, unit, higherIsBetter, baseline, contenders, rows }) {
  const lines = [`${title} (${unit}, ${higherIsBetter ? 'more' : 'less'} is better)`];
  for (const { id, name, version } of contenders) lines.push(`  ${id.padEnd(16)} ${name}, ${version}`);
  const table = [['', ...contenders.map(({ id }) => id)]];
  for (const { label, samples } of rows) {
    const base = samples[baseline];
    table.push([label, ...contenders.map(({ id }) => cell(samples[id], id === baseline ? undefined : base))]);
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

function cell(values, base) {
  const text = `${short(median(values))} (${short(Math.min(...values))}–${short(Math.max(...values))})`;
  return base === undefined ? text : `${text} ${(median(values) / median(base)).toFixed(2)}×`;
}
