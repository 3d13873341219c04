/*
 * npm run bench [-- scenario … --rounds 5 --only ours,libzmq --cases '64 B' --cases '256 B' --json --docs --profile]
 *
 * All contenders in the same run, in turn, several rounds; medians, min–max and the
 * ratio to the baseline, then what was aimed for. Machines are noisy: trust the ratios.
 * `--docs` also writes docs/performance.md, its charts and its results.json; then everything is measured.
 * `--profile` tells instead where the time went in each JavaScript process of one round, and leaves the
 * profiles in .cache/profiles; the figures are lower than without it.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureBuilt, ensureInstalled, root } from '../scripts/setup.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    only: { type: 'string' },
    cases: { type: 'string', multiple: true },
    json: { type: 'boolean', default: false },
    docs: { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
  },
});
ensureInstalled();
ensureBuilt();
const { choose } = await import('./choice.mjs');
const { scenarios } = await import('./scenarios/index.mjs');
const { measure, SECONDS } = await import('./measure.mjs');
const { describeMachine } = await import('./machine.mjs');
const { evaluate } = await import('./report/evaluate.mjs');
const { formatProfiles } = await import('./report/profiles.mjs');
const { formatSummary } = await import('./report/summary.mjs');
const { formatTable } = await import('./report/table.mjs');

const isPart = positionals.length > 0 || values.profile || (values.only ?? values.cases) !== undefined;
if (values.docs && isPart) {
  console.error('--docs writes a page of everything, measured in one run: leave the names and the other options out.');
  process.exit(2);
}
let choice;
try {
  choice = choose(scenarios, positionals, values);
} catch (error) {
  console.error(error.message);
  process.exit(2);
}
const { names, rounds, only, scenarioOf } = choice;
if (values.profile) {
  for (const name of names) await profileScenario(name);
  process.exit(0);
}
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

/** Each case by itself: what calibrates it writes profiles too, and of each process the last counts. */
async function profileScenario(name) {
  const scenario = scenarioOf(name);
  for (const testCase of scenario.cases) {
    const folder = join(root, '.cache', 'profiles', `${name} ${testCase.label}`);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    process.env.BENCH_PROFILES = folder;
    const result = await measure(name, { ...scenario, cases: [testCase] }, { rounds: 1, only });
    console.log(`\n${formatTable(result)}\n${formatProfiles(folder, SECONDS)}`);
  }
}

/** One that fails does not cost the others: a run of all takes long. */
async function runScenario(name) {
  try {
    const result = { name, ...(await measure(name, scenarioOf(name), { rounds, only })) };
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
