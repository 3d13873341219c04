/*
 * One process of a benchmark: `node bench/peer.mjs <contender> <scenario> <role> key=value …`.
 * What it has to tell it writes to stdout, a JSON object a line; it ends when its stdin does.
 */
import { writeSync } from 'node:fs';
import { loadContender } from './contenders/index.mjs';
import { rolesOf } from './scenarios/index.mjs';

const [id, scenario, role, ...words] = process.argv.slice(2);
const parameters = Object.fromEntries(
  words.map((word) => {
    const [key, value] = [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)];
    return [key, /^-?[\d.]+$/.test(value) ? Number(value) : value];
  }),
);
const tell = (facts) => writeSync(1, `${JSON.stringify(facts)}\n`);
// While the input is open the process stays, whatever else it has left to do.
const go = new Promise((resolve) => process.stdin.once('data', resolve));
process.stdin.on('end', () => process.exit(0));

const contender = await loadContender(id);
const run = contender.roles?.[scenario]?.[role] ?? rolesOf(scenario)[role];
await run(contender, parameters, tell, go);
