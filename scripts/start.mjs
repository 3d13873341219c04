/**
 * `npm start`: the gateway and three game servers as processes of their own, until Ctrl+C.
 * `npm start -- --scenario`: the scripted story, which ends with a table and exits 0 only if its claims held.
 * `npm start -- --traces`: with a line for each span of OpenTelemetry.
 * All work from a fresh clone on.
 */
import { Cluster } from './demo/cluster.mjs';
import { showLive } from './demo/live.mjs';
import { playScenario } from './demo/scenario.mjs';
import { ensureBuilt, ensureInstalled } from './setup.mjs';

const OPTIONS = ['--scenario', '--traces'];
const given = process.argv.slice(2);
const unknown = given.filter((option) => !OPTIONS.includes(option));
if (unknown.length > 0) {
  console.error(`Unknown: ${unknown.join(' ')}. There is: npm start, npm start -- --scenario, npm start -- --traces`);
  process.exit(2);
}

try {
  ensureInstalled();
  ensureBuilt();
} catch (error) {
  console.error(error.message);
  process.exit(error.exitCode ?? 1);
}

const cluster = new Cluster({ traces: given.includes('--traces') });
let stopping = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    // asked twice: no more patience
    if (stopping) cluster.killAll();
    stopping = true;
    cluster.stop();
  });
}
// started by a program that is gone: nobody is left to press Ctrl+C
process.once('disconnect', () => process.exit(1));
process.channel?.unref();
// whatever happens here, nothing is left behind
process.on('exit', () => cluster.killAll());

try {
  if (given.includes('--scenario')) {
    const passed = await playScenario(cluster);
    process.exitCode = passed ? 0 : 1;
  } else {
    await showLive(cluster);
  }
} catch (error) {
  if (!stopping) {
    console.error(`\n${error.stack ?? error}`);
    process.exitCode = 1;
  }
} finally {
  await cluster.stop();
}
if (stopping && given.includes('--scenario')) {
  console.log('Interrupted before the end of the story.');
  process.exitCode = 130;
}
