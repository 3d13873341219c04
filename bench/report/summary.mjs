import { countTargets } from './evaluate.mjs';

const WIDTH = 140;
const INDENT = ' '.repeat(18);
const MARKS = { reached: '✔', 'NOT reached': '✘', 'not measured': '–', 'no target': ' ' };

/** The targets for a terminal: one line each; of one that is not reached, a line for every case. What was not measured comes last. */
export function formatSummary(evaluated, rounds) {
  const { all, reached, missed, unknown } = countTargets(evaluated);
  const lines = [
    `Targets: ${reached} of ${all} reached, ${missed} NOT reached, ${unknown} not measured`,
    `Ratios are of medians, in brackets the least and most of ${rounds} ${rounds === 1 ? 'round' : 'rounds'}`,
  ];
  const isRun = ({ measured }) => measured.some(({ missing }) => missing === undefined);
  for (const target of evaluated.filter(isRun)) lines.push(...linesOf(target));
  const why = new Set(evaluated.filter((target) => !isRun(target)).flatMap((target) => target.why));
  if (why.size > 0)
    lines.push(`${MARKS['not measured']} not measured, because`, ...[...why].map((text) => INDENT + text));
  return lines.join('\n');
}

function linesOf({ text, wanted, status, measured }) {
  const head = `${MARKS[status]} ${status.padEnd(13)} ${text}${wanted === '' ? '' : `, ${wanted}`}`;
  const there = measured.filter(({ missing }) => missing === undefined);
  if (status === 'reached' || status === 'no target') {
    const [only] = there;
    const values = measured.length === 1 ? [`${only.text} (${only.range})`] : there.map(nameAndValue);
    const line = `${head}: ${values.join(', ')}`;
    return line.length <= WIDTH ? [line] : [`${head}:`, `${INDENT}${values.join(', ')}`];
  }
  const cases = measured.map((each) =>
    each.missing === undefined
      ? `${INDENT}${each.label.padEnd(12)} ${each.text} (${each.range}) ${each.status}`
      : `${INDENT}${each.label.padEnd(12)} not measured: ${each.missing}`,
  );
  return [head, ...cases];
}

function nameAndValue({ label, text }) {
  return `${label}: ${text}`;
}
