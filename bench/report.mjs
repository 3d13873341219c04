/** One scenario as a table for a terminal. */
export function formatTable({ title, unit, higherIsBetter, baseline, versions, rows }) {
  const ids = Object.keys(versions);
  const lines = [`${title} (${unit}, ${higherIsBetter ? 'more' : 'less'} is better)`];
  for (const id of ids) lines.push(`  ${id.padEnd(14)} ${versions[id]}`);
  lines.push(
    '',
    [
      '',
      ...ids.map((id) => id.padStart(30)),
      ...ids.filter((id) => id !== baseline).map((id) => `${id}/${baseline}`.padStart(20)),
    ]
      .join(''.padEnd(8))
      .trimEnd(),
  );
  for (const { label, samples } of rows) {
    const cells = ids.map((id) => format(samples[id]).padStart(30));
    const ratios = ids
      .filter((id) => id !== baseline)
      .map((id) => `${(median(samples[id]) / median(samples[baseline])).toFixed(2)}×`.padStart(20));
    lines.push([label.padEnd(8), ...cells, ...ratios].join(''));
  }
  return lines.join('\n');
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function format(values) {
  return `${short(median(values))} (${short(Math.min(...values))}–${short(Math.max(...values))})`;
}

function short(value) {
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)}M`;
  if (value >= 1e4) return `${(value / 1e3).toFixed(0)}k`;
  return value.toFixed(1);
}
