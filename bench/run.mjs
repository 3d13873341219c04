/*
 * npm run bench [scenario …] [-- --rounds 5 --json --docs]
 *
 * All contenders in the same run, in turn, several rounds; medians, min–max and the
 * ratio to the baseline. Machines are noisy: trust the ratios.
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
const { formatTable } = await import('./report/table.mjs');

const names = positionals.length > 0 ? positionals : Object.keys(scenarios);
const unknown = names.filter((name) => !(name in scenarios));
if (unknown.length > 0) {
  console.error(`No benchmark "${unknown.join('", "')}". There are: ${Object.keys(scenarios).join(', ')}.`);
  process.exit(2);
}
const rounds = Number(values.rounds);
const only = values.only?.split(',');
const run = { machine: describeMachine(), rounds, results: [] };
if (!values.json) console.log(`${run.machine.summary}; ${rounds} rounds, contenders in turn`);
for (const name of names) {
  const result = { name, ...(await measure(name, scenarios[name], { rounds, only })) };
  run.results.push(result);
  if (!values.json) console.log(`\n${formatTable(result)}`);
  save();
}
if (values.json) console.log(JSON.stringify(run, null, 2));
process.exit(0);

/** After every scenario: what was measured is not lost when the run is stopped. */
function save() {
  mkdirSync(join(root, '.cache'), { recursive: true });
  writeFileSync(join(root, '.cache', 'bench.json'), JSON.stringify(run, null, 2));
}
