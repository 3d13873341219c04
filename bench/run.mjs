/*
 * npm run bench [scenario …] [-- --rounds 5 --json]
 *
 * All contenders in the same run, in turn, several rounds; medians, min–max and the
 * ratio to the baseline. Machines are noisy: trust the ratios.
 */
import { fork } from 'node:child_process';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureBuilt, ensureInstalled } from '../scripts/setup.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '5' }, json: { type: 'boolean', default: false } },
});
ensureInstalled();
ensureBuilt();
const { scenarios } = await import('./scenarios/index.mjs');
const { loadContender } = await import('./contenders/index.mjs');
const { formatTable } = await import('./report.mjs');

const names = positionals.length > 0 ? positionals : Object.keys(scenarios);
const unknown = names.filter((name) => !(name in scenarios));
if (unknown.length > 0) {
  console.error(`No benchmark "${unknown.join('", "')}". There are: ${Object.keys(scenarios).join(', ')}.`);
  process.exit(2);
}

const machine = `${cpus().length} × ${cpus()[0].model.trim()}, Node ${process.version}, ${process.platform}`;
const results = [];
for (const name of names) results.push({ name, ...(await measure(name, scenarios[name])) });

if (values.json) console.log(JSON.stringify({ machine, rounds: Number(values.rounds), results }, null, 2));
else {
  console.log(`\n${machine}; ${values.rounds} rounds, contenders in turn`);
  for (const result of results) console.log(`\n${formatTable(result)}`);
}
process.exit(0);

async function measure(name, scenario) {
  const rows = [];
  const versions = {};
  for (const { id } of scenario.contenders) {
    const contender = await loadContender(id);
    versions[id] = `${contender.name}, ${contender.version}`;
  }
  for (const testCase of scenario.cases) {
    const samples = Object.fromEntries(scenario.contenders.map(({ id }) => [id, []]));
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const { id, budget } of scenario.contenders) {
        const count = Math.ceil(budget(testCase.size));
        samples[id].push(await runOnce(name, scenario, id, { ...testCase, count }));
        process.stderr.write('.');
      }
    }
    rows.push({ label: testCase.label, samples });
  }
  const { title, unit, higherIsBetter, baseline } = scenario;
  return { title, unit, higherIsBetter, baseline, versions, rows };
}

/** Two processes: one binds and tells where, the other connects; one of them has the figure. */
async function runOnce(name, scenario, contender, options) {
  const children = [];
  const start = (role, extra) => {
    const child = fork(fileURLToPath(new URL('peer.mjs', import.meta.url)), [
      name,
      role,
      contender,
      JSON.stringify({ ...options, ...extra }),
    ]);
    children.push(child);
    return child;
  };
  try {
    return await new Promise((resolve, reject) => {
      const listen = (child) => {
        child.on('message', ({ endpoint, result }) => {
          if (endpoint !== undefined) listen(start(scenario.connecter, { endpoint }));
          if (result?.value !== undefined) resolve(result.value);
        });
        child.on('exit', (code) => {
          if (code !== 0) reject(new Error(`${name}: a ${contender} process ended with ${code}`));
        });
      };
      listen(start(scenario.binder, {}));
    });
  } finally {
    for (const child of children) child.kill('SIGKILL');
  }
}
