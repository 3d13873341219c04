import { Brokers } from './brokers/brokers.mjs';
import { loadContender } from './contenders/index.mjs';
import { Processes } from './processes.mjs';

/** What one measurement is to take, so that start-up and compilation weigh little. */
export const SECONDS = 0.7;
/** Compilers and caches warm up, the same for every contender, before the clock starts. */
const warmUpOf = (count, { warmUp }) =>
  warmUp === undefined ? {} : { warmup: Math.max(warmUp, Math.ceil(count / 3)) };
const FIRST_COUNT = 2_000;
const MAX_COUNT = 20_000_000;

/**
 * Measures all cases of a scenario: in every round each contender once, in turn.
 * Gives every sample. Progress goes to stderr.
 */
export async function measure(name, scenario, { rounds: wanted, only }) {
  // `mostRounds`: many slow contenders, and no target among them.
  const rounds = Math.min(wanted, scenario.mostRounds ?? Infinity);
  const contenders = await present(scenario, only);
  const brokers = new Brokers();
  await brokers.start(contenders.map(({ id }) => id));
  const rows = [];
  try {
    for (const testCase of scenario.cases) {
      rows.push(await measureCase(name, scenario, testCase, { contenders, brokers, rounds }));
    }
  } finally {
    await brokers.stop();
  }
  process.stderr.write('\n');
  const { title, unit, higherIsBetter, baseline } = scenario;
  return { title, unit, higherIsBetter, baseline, contenders, rows };
}

async function measureCase(name, scenario, testCase, { contenders, brokers, rounds }) {
  const samples = Object.fromEntries(contenders.map(({ id }) => [id, []]));
  const cases = {};
  for (const { id } of contenders) {
    const own = { ...testCase, ...brokers.parametersOf(id) };
    cases[id] = { ...own, count: own.count ?? (await calibrate(name, scenario, id, own)) };
  }
  for (let round = 0; round < rounds; round++) {
    for (const { id } of contenders) {
      samples[id].push(await runOnce(name, scenario, id, cases[id]));
      process.stderr.write('.');
    }
  }
  return { label: testCase.label, samples };
}

/** Those that can run on this machine. */
async function present(scenario, only) {
  const contenders = [];
  for (const id of scenario.contenders) {
    if (only !== undefined && !only.includes(id)) continue;
    const halves = await Promise.all(id.split('→').map(loadContender));
    if (halves.some(({ version }) => version === undefined)) continue;
    const names = [...new Set(halves.map(({ name }) => name))];
    const versions = [...new Set(halves.map(({ version }) => version))];
    contenders.push({ id, name: names.join(' → '), version: versions.join(', ') });
  }
  return contenders;
}

/** How many messages (calls, …) this contender does in about `SECONDS`: every contender is measured for as long. */
async function calibrate(name, scenario, contender, testCase) {
  let count = FIRST_COUNT;
  // A short run is mostly compilation: the second guess is made from a longer one.
  for (const seconds of [SECONDS / 3, SECONDS]) {
    const value = await runOnce(name, scenario, contender, { ...testCase, count });
    const perSecond = scenario.unit === 'µs' ? (1e6 / value) * (testCase.inFlight ?? 1) : value;
    count = Math.min(MAX_COUNT, Math.max(FIRST_COUNT, Math.ceil(perSecond * seconds)));
  }
  return count;
}

async function runOnce(name, scenario, contender, testCase) {
  const processes = new Processes();
  const { label: _label, ...parameters } = {
    ...testCase,
    ...warmUpOf(testCase.count, scenario),
    ...(await scenario.parameters?.()),
  };
  const start = (role, extra, core) =>
    processes.start(half(contender, role), scenario.roleOf ?? name, role, { ...parameters, ...extra }, core);
  try {
    return await (scenario.measure ?? pair)({ scenario, parameters, start });
  } finally {
    await processes.stop();
  }
}

/** One process binds, the other connects; whichever tells a value has it. */
async function pair({ scenario: { binder, connecter, pinned }, start }) {
  const listening = start(binder, {}, pinned ? 0 : undefined);
  if (connecter === undefined) return (await listening.until('value')).value;
  const { endpoint } = await listening.until('endpoint');
  const calling = start(connecter, { endpoint }, pinned ? 1 : undefined);
  return (await Promise.race([listening.until('value'), calling.until('value')])).value;
}

/** Of a mixed pair `a→b`: a sends. */
function half(contender, role) {
  const [sender, receiver = sender] = contender.split('→');
  return role === 'sender' ? sender : receiver;
}
