import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const FUNCTIONS = 12;
/** Whose code a sample is in, by what its file's address or its function's name begins with or has in it. */
const PARTS = [
  ['sleeping', (name) => name === '(idle)'],
  ['garbage collector', (name) => name === '(garbage collector)'],
  ['system calls and other native code', (name, url) => url === '' && name !== '(program)'],
  ['V8 and libuv themselves', (name) => name === '(program)'],
  ['Node', (_name, url) => url.startsWith('node:')],
  ['this library', (_name, url) => /\/libs\/[\w-]+\/dist\//.test(url)],
  ['the benchmark', (_name, url) => url.includes('/bench/')],
  ['packages', () => true],
];

/** Of the last profile of each process in the folder: the shares of its last `seconds`. */
export function formatProfiles(folder, seconds) {
  const writtenAt = (file) => statSync(join(folder, file)).mtimeMs;
  const files = readdirSync(folder).sort((a, b) => writtenAt(a) - writtenAt(b));
  const last = new Map(files.map((file) => [file.replace(/-\d+\.cpuprofile$/, ''), file]));
  return [...last]
    .map(([who, file]) => formatProfile(who, JSON.parse(readFileSync(join(folder, file), 'utf8')), seconds))
    .join('\n');
}

function formatProfile(who, { nodes, samples, timeDeltas, endTime }, seconds) {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const [parts, functions] = [new Map(), new Map()];
  let all = 0;
  let at = endTime;
  for (let index = samples.length - 1; index >= 0 && at > endTime - seconds * 1e6; index--) {
    const time = timeDeltas[index];
    at -= time;
    all += time;
    const { functionName, url, lineNumber } = frames.get(samples[index]);
    add(parts, PARTS.find(([, is]) => is(functionName, url))[0], time);
    if (url !== '' || functionName === 'writeBuffer' || functionName === 'writev') {
      add(functions, `${functionName || '(anonymous)'} ${url.split('/').slice(-2).join('/')}:${lineNumber + 1}`, time);
    }
  }
  return [
    `\n${who}, the last ${(all / 1e6).toFixed(1)} s`,
    ...rows(parts, all, Infinity),
    '',
    ...rows(functions, all, FUNCTIONS),
  ].join('\n');
}

function add(sums, key, time) {
  sums.set(key, (sums.get(key) ?? 0) + time);
}

const rows = (sums, all, most) =>
  [...sums]
    .sort(([, a], [, b]) => b - a)
    .slice(0, most)
    .map(([name, time]) => `${((100 * time) / all).toFixed(1).padStart(6)} %  ${name}`);
