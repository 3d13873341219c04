/**
 * `npm test [-- <jest arguments>]`: everything a change must pass, from a fresh clone on.
 * Stops at the first step that fails, with its exit code. Jest's totals are left in RESULTS_FILE.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ensureBuilt, ensureInstalled, root, run } from './setup.mjs';

const RESULTS_FILE = join(root, '.cache', 'jest-results.json');
const jestArguments = process.argv.slice(2);

const steps = [
  { name: 'install', perform: ensureInstalled },
  { name: 'lint', perform: () => run('npm', ['run', '--silent', 'lint']) },
  { name: 'typecheck', perform: () => run('npm', ['run', '--silent', 'typecheck']) },
  { name: 'build', perform: ensureBuilt },
  { name: 'jest', perform: runJest },
];

function runJest() {
  run(process.execPath, [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    join('node_modules', 'jest', 'bin', 'jest.js'),
    '--json',
    `--outputFile=${RESULTS_FILE}`,
    ...jestArguments,
  ]);
}

// an old file must not be taken for the result of a run that never came to jest
mkdirSync(dirname(RESULTS_FILE), { recursive: true });
rmSync(RESULTS_FILE, { force: true });

for (const { name, perform } of steps) {
  console.log(`\n▶ ${name}`);
  const startedAt = performance.now();
  const seconds = () => `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
  try {
    const needed = perform();
    console.log(`✔ ${name} (${needed === false ? 'up to date' : seconds()})`);
  } catch (error) {
    console.error(`✘ ${name} failed after ${seconds()}: ${error.message}`);
    process.exit(error.exitCode ?? 1);
  }
}
