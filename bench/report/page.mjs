import { readFileSync } from 'node:fs';
import { countTargets, evaluate } from './evaluate.mjs';
import { remarks } from './remarks.mjs';
import { describe, short, times } from './statistics.mjs';

const template = readFileSync(new URL('page.md', import.meta.url), 'utf8');

/**
 * docs/performance.md of a run.
 * @param notes what a person has to say about targets that are not reached; Markdown, may be absent
 */
export function renderPage(run, notes) {
  const evaluated = evaluate(run);
  const parts = {
    machine: run.machine.summary,
    date: run.machine.date,
    rounds: roundsText(run.rounds),
    counts: countsText(evaluated),
    targets: targetsTable(evaluated),
    notes: notes === undefined ? '' : `## What is not reached, and why\n\n${notes.trim()}`,
    contenders: contendersTable(run.results),
    results: [...run.results.map((result) => section(result, run.rounds)), ...failedText(run.failed)].join('\n\n'),
  };
  return template.replace(/\{\{(\w+)\}\}/g, (_, name) => parts[name]).replace(/\n{3,}/g, '\n\n');
}

function roundsText(rounds) {
  const text = `Figures are medians of ${rounds} ${rounds === 1 ? 'round' : 'rounds'}, where nothing else is said.`;
  return rounds < 5 ? `${text} **That is too few to rely on.**` : text;
}

function countsText(evaluated) {
  const { all, reached, missed, unknown } = countTargets(evaluated);
  const rest = unknown === 0 ? '' : `, ${unknown} ${unknown === 1 ? 'was' : 'were'} not measured`;
  return `Of ${all} targets ${reached} are reached, ${missed} are not${rest}.`;
}

function targetsTable(evaluated) {
  const rows = evaluated.map(({ text, scenario, wanted, status, why, measured }) => {
    const there = measured.filter(({ missing }) => missing === undefined);
    const name = there.length === 0 ? text : `[${text}](#${scenario})`;
    const verdict = {
      reached: 'reached',
      'NOT reached': '**not reached**',
      'not measured': `not measured: ${why.join('; ')}`,
      'no target': '',
    }[status];
    return [name, wanted, there.map((each) => caseText(each, measured)).join('<br>'), verdict];
  });
  return table(['', 'wanted', 'measured (least–most)', ''], rows);
}

function caseText({ label, text, range, status }, measured) {
  const value = `${status === 'NOT reached' ? `**${text}**` : text} (${range})`;
  return measured.length === 1 ? value : `${label}: ${value}`;
}

function failedText(failed = []) {
  return failed.length === 0 ? [] : [`Not measured, because they failed: ${failed.join(', ')}.`];
}

function contendersTable(results) {
  const all = new Map(results.flatMap(({ contenders }) => contenders).map((contender) => [contender.id, contender]));
  return table(
    ['contender', 'what it is', 'version'],
    [...all.values()].map(({ id, name, version }) => [`\`${id}\``, name, version]),
  );
}

function section(result, wantedRounds) {
  const { name, title, unit, higherIsBetter, baseline, contenders, rows } = result;
  const ids = contenders.map(({ id }) => id);
  const ratio = ids.includes(baseline) && ids.length > 1 ? ` The ratios are to \`${baseline}\`.` : '';
  const rounds = Math.max(...rows.flatMap(({ samples }) => Object.values(samples).map(({ length }) => length)));
  const fewer = rounds < wantedRounds ? ` Medians of ${rounds} rounds.` : '';
  return [
    `### ${name}`,
    `${title}.${remarks[name] === undefined ? '' : ` ${remarks[name]}`}`,
    `![${title}: the chart of the table below](performance/${name}.svg)`,
    `In ${unit}, ${higherIsBetter ? 'more' : 'less'} is better.${ratio}${fewer}`,
    table(
      ['', ...ids.map((id) => `\`${id}\``)],
      rows.map(({ label, samples }) => [
        label,
        ...ids.map((id) => cell(samples[id], samples[baseline], id === baseline)),
      ]),
    ),
  ].join('\n\n');
}

function cell(values, baseValues, isBase) {
  const figure = describe(values);
  if (figure === undefined) return '–';
  const base = describe(baseValues);
  const ratio = base === undefined || isBase ? '' : `<br>**${times(figure.median / base.median)}**`;
  return `${short(figure.median)}${ratio}<br>${short(figure.min)}–${short(figure.max)}`;
}

function table(head, rows) {
  const line = (cells) => `| ${cells.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
