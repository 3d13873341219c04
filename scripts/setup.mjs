/**
 * What a fresh clone needs before anything else can run: installed packages and built sources.
 * Plain Node without dependencies, because it runs before `npm ci`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** What `npm run build` leaves behind, one file of each part. */
const BUILT_FILES = [
  'libs/zmq-core/dist/index.js',
  'libs/nest-transport/dist/index.js',
  'dist/apps/demo-gateway/apps/demo-gateway/src/main.js',
  'dist/apps/demo-worker/apps/demo-worker/src/main.js',
];

/** What the build reads. */
const BUILD_INPUTS = ['package-lock.json', 'tsconfig.json', 'nest-cli.json', 'scripts/bundle.mjs', 'libs', 'apps'];

/**
 * Runs a command at the root of the repository with its output shown.
 * @throws {Error} with `exitCode` when it ends with anything but 0
 */
export function run(command, args, options = {}) {
  // npm is a .cmd file on Windows, which only a shell can start
  const shell = process.platform === 'win32' && command !== process.execPath;
  const { status, signal, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', shell, ...options });
  if (status === 0) return;
  const why = error ? error.message : signal ? `ended by ${signal}` : `exit code ${status}`;
  throw Object.assign(new Error(`${command} ${args.join(' ')}: ${why}`), { exitCode: status || 1 });
}

/** Runs `npm ci` when node_modules is missing or older than the lock file. Returns whether it did. */
export function ensureInstalled() {
  const installed = modifiedAt('node_modules/.package-lock.json');
  if (installed > 0 && installed >= modifiedAt('package-lock.json')) return false;
  run('npm', ['ci', '--no-audit', '--no-fund']);
  return true;
}

/** Runs `npm run build` when a source is newer than what was built from it. Returns whether it did. */
export function ensureBuilt() {
  const oldestOutput = Math.min(...BUILT_FILES.map(modifiedAt));
  if (oldestOutput > 0 && newestIn(BUILD_INPUTS) <= oldestOutput) return false;
  run('npm', ['run', '--silent', 'build']);
  return true;
}

function newestIn(paths) {
  let newest = 0;
  for (const path of paths) {
    const isFolder = statSync(join(root, path)).isDirectory();
    // a folder's own time tells that a file was deleted; above src it tells only that dist was
    if (!isFolder || path.includes('/src')) newest = Math.max(newest, modifiedAt(path));
    if (!isFolder) continue;
    const inner = readdirSync(join(root, path), { withFileTypes: true }).filter(isBuildInput);
    newest = Math.max(newest, newestIn(inner.map((entry) => `${path}/${entry.name}`)));
  }
  return newest;
}

function isBuildInput(entry) {
  if (entry.isDirectory()) return entry.name !== 'dist' && entry.name !== 'node_modules' && entry.name !== 'testing';
  return /\.(ts|json)$/.test(entry.name) && !/\.(spec|e2e-spec)\.ts$/.test(entry.name);
}

/** 0 when the file does not exist. */
function modifiedAt(path) {
  const full = join(root, path);
  return existsSync(full) ? statSync(full).mtimeMs : 0;
}
