/*
 * One process of a benchmark: `node bench/peer.mjs <scenario> <role> <contender> <json>`.
 * It tells its parent { endpoint } when it listens and { result } at the end.
 */
import { loadContender } from './contenders/index.mjs';
import { scenarios } from './scenarios/index.mjs';

const [scenario, role, contender, json] = process.argv.slice(2);
const tell = (message) =>
  new Promise((resolve, reject) => process.send(message, (error) => (error ? reject(error) : resolve())));
const result = await scenarios[scenario].roles[role](await loadContender(contender), JSON.parse(json), tell);
await tell({ result: result ?? {} });
process.exit(0);
