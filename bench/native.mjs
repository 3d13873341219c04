import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../scripts/setup.mjs';

const sources = join(root, 'bench', 'native');
const program = join(root, '.cache', 'zmq-bench');
/** Of the libzmq that it was linked with; `undefined` where it could not be. */
let version;
let tried = false;

/**
 * Compiles the C program against libzmq where a compiler and libzmq's headers are
 * there, and gives that libzmq's version; otherwise `undefined`, and why on stderr.
 */
export function buildNative() {
  if (tried) return version;
  tried = true;
  try {
    const files = readdirSync(sources).map((name) => join(sources, name));
    const newest = Math.max(...files.map((file) => statSync(file).mtimeMs));
    const built = statSync(program, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (built < newest) {
      mkdirSync(join(root, '.cache'), { recursive: true });
      const code = files.filter((file) => file.endsWith('.c'));
      execFileSync('cc', ['-O2', '-o', program, ...code, '-lzmq', '-lpthread'], { stdio: 'pipe' });
    }
    version = execFileSync(program, ['version'], { encoding: 'utf8' }).trim();
  } catch (error) {
    console.error(
      `Without libzmq: ${error.stderr?.toString().trim() || error.message} (apt-get install gcc libzmq3-dev)`,
    );
  }
  return version;
}

export function nativeProgram() {
  return program;
}
