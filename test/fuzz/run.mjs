/**
 * `npm run test:fuzz -- [--seconds 60] [--seed n] [--target text] [--from i] [--count n] [--save] [--record]`: mutates sessions of peers
 * for as long as it is let, all targets in turn, and says what was tried and what was found. What broke something is
 * printed with its seed and number (with `--save` also kept in the corpus, where the suite tries it from then on).
 *
 * --seconds  how long, in all; 60 by default
 * --seed     from which the inputs are made; the time by default
 * --target   only those whose name contains the text
 * --from     the first input; 0 by default
 * --count    so many inputs of each target, however long it takes
 * --log      a line of progress each so many seconds
 * --record   tries nothing: writes the kept sessions of the mechanisms anew, in which keys and nonces are always the same
 */
import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { Campaign } from './campaign.js';
import { keepFinding } from './corpus.js';
import { allTargets } from './targets/index.js';
import { keepSessions } from './targets/secured.js';

const number = { type: 'string' };
const { values } = parseArgs({
  options: {
    seconds: number,
    seed: number,
    from: number,
    count: number,
    log: number,
    target: { type: 'string' },
    save: { type: 'boolean' },
    record: { type: 'boolean' },
  },
});
if (values.record) {
  for (const file of await keepSessions()) console.log(file);
  process.exit(0);
}
const seconds = Number(values.seconds ?? 60);
const seed = Number(values.seed ?? Date.now() % 2 ** 31);
const from = Number(values.from ?? 0);
const logEvery = Number(values.log ?? 30) * 1000;
/** A target's turn ends after so many inputs, or so much work: a handshake of CURVE takes that of forty others. */
const STEP = 500;
const STEP_MS = 100;
const AT_ONCE = 25;

const wanted = String(values.target ?? '');
const targets = (await allTargets()).filter(({ name }) => name.includes(wanted));
if (targets.length === 0) throw new Error(`no target has a name with "${wanted}"`);
const campaigns = targets.map((target) => ({ target, campaign: new Campaign(target, seed), told: 0 }));

// Nearly every input makes an error, and to write down where would cost more than all the rest. Of a finding it is told.
const traced = Error.stackTraceLimit;
Error.stackTraceLimit = 0;

process.on('uncaughtException', stop);
process.on('unhandledRejection', stop);

const started = performance.now();
const elapsed = () => (performance.now() - started) / 1000;
let loggedAt = performance.now();
console.log(`seed ${seed}, ${targets.length} targets`);

function isDone() {
  if (campaigns.every(({ campaign }) => campaign.over)) return true;
  if (values.count === undefined) return elapsed() >= seconds;
  return campaigns.every(({ campaign }) => campaign.over || campaign.inputs >= Number(values.count));
}

while (!isDone()) {
  for (const each of campaigns) {
    const { campaign } = each;
    await takeTurn(campaign);
    for (; each.told < campaign.findings.length; each.told++) await tell(each.target, campaign.findings[each.told]);
  }
  // Timers and immediates of what was tried.
  await new Promise((resolve) => setImmediate(resolve));
  if (performance.now() - loggedAt < logEvery) continue;
  loggedAt = performance.now();
  console.log(`${elapsed().toFixed(0)} s: ${total()} inputs`);
}
for (const { target } of campaigns) await target.close?.();
report();
process.exit(campaigns.some(({ campaign }) => campaign.findings.length > 0) ? 1 : 0);

async function takeTurn(campaign) {
  const before = process.cpuUsage();
  const end = Math.min(campaign.inputs + STEP, Number(values.count ?? Infinity));
  while (campaign.inputs < end && !campaign.over) {
    await campaign.try(from + campaign.inputs, Math.min(AT_ONCE, end - campaign.inputs));
    const { user, system } = process.cpuUsage(before);
    if (values.count === undefined && (user + system) / 1000 >= STEP_MS) return;
  }
}

function total() {
  return campaigns.reduce((sum, { campaign }) => sum + campaign.inputs, 0);
}

function report() {
  for (const { target, campaign } of campaigns)
    console.log(
      `${target.name.padEnd(24)} ${String(campaign.inputs).padStart(10)} inputs, ${campaign.findings.length} findings`,
    );
  console.log(`${'all'.padEnd(24)} ${String(total()).padStart(10)} inputs in ${elapsed().toFixed(1)} s, seed ${seed}`);
}

async function tell(target, finding) {
  const { index, chunks } = finding;
  Error.stackTraceLimit = traced;
  const again = new Campaign(target, seed);
  await again.try(index, 1);
  Error.stackTraceLimit = 0;
  // One that depends on what was before comes without.
  const { error } = again.findings[0] ?? finding;
  console.log(`FOUND ${target.name}: --seed ${seed} --target "${target.name}" --from ${index} --count 1`);
  console.log(error instanceof Error ? error.stack : error);
  for (const chunk of chunks) console.log(`  ${chunk.toString('hex')}`);
  if (values.save) console.log(`kept in ${keepFinding(finding)}`);
}

/** Something was thrown where nobody waits for it: the input is among the last. */
function stop(error) {
  console.log(`FOUND, outside of an input: ${error instanceof Error ? error.stack : error}`);
  report();
  process.exit(1);
}
