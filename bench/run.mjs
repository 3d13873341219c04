/*
 * npm run bench [scenario …] [-- --rounds 5 --json --docs]
 *
 * All contenders in the same run, in turn, several rounds; medians, min–max and the
 * ratio to the baseline, then what was aimed for. Machines are noisy: trust the ratios.
 * `--docs` also writes docs/performance.md, its charts and its results.json; then everything is measured.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureBuilt, ensureInstalled, root } from '../scripts/setup.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
    docs: { type: 'boolean', default: false },
  },
});
ensureInstalled();
ensureBuilt();
const { scenarios } = await import('./scenarios/index.mjs');
const { measure } = await import('./measure.mjs');
const { describeMachine } = await import('./machine.mjs');
const { evaluate } = await import('./report/evaluate.mjs');
const { formatSummary } = await import('./report/summary.mjs');
const { formatTable } = await import('./report/table.mjs');

if (values.docs && (positionals.length > 0 || values.only !== undefined)) {
  console.error('--docs writes a page of everything, measured in one run: leave the names out.');
  process.exit(2);
}
const all = Object.keys(scenarios);
const names = positionals.length > 0 ? positionals : all;
const unknown = names.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  console.error(`No benchmark "${unknown.join('", "')}". There are: ${all.join(', ')}.`);
  process.exit(2);
}
const rounds = Number(values.rounds);
const only = values.only?.split(',');
const run = { machine: describeMachine(), rounds, results: [], failed: [] };
if (!values.json) console.log(`${run.machine.summary}; ${rounds} rounds, contenders in turn`);
for (const [index, name] of names.entries()) {
  process.stderr.write(`\n${name} (${index + 1} of ${names.length}) `);
  await runScenario(name);
  save();
}
const targets = evaluate(run);
console.log(values.json ? JSON.stringify({ ...run, targets }, null, 2) : `\n${formatSummary(targets, rounds)}`);
if (values.docs) await (await import('./report/write-docs.mjs')).writeDocs(run);
process.exit(run.failed.length === 0 ? 0 : 1);

/** One that fails does not cost the others: a run of all takes long. */
async function runScenario(name) {
  try {
    const result = { name, ...(await measure(name, scenarios[name], { rounds, only })) };
    run.results.push(result);
    if (!values.json) console.log(`\n${formatTable(result)}`);
  } catch (error) {
    run.failed.push(name);
    console.error(`\n${name} failed: ${error.stack}`);
  }
}

/** After every scenario: what was measured is not lost when the run is stopped. */
function save() {
  mkdirSync(join(root, '.cache'), { recursive: true });
  writeFileSync(join(root, '.cache', 'bench.json'), JSON.stringify(run, null, 2));
}
