import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const loader = new URL('../nest/support/ts-loader.mjs', import.meta.url).href;
const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that had nothing to say. */
export const inOrder: Ended = { code: 0, stdout: '', stderr: '' };

/**
 * Runs a program of a few lines, on the sources as they are, until it ends by itself.
 * It has the sockets that these tests use, `endpoint`, and, with `--expose-gc`, `gc`.
 */
export function run(program: string, endpoint = '', ...nodeArguments: readonly string[]): Promise<Ended> {
  const code = `import { Context, createContext, Dealer, Pair, Poller, Proxy, Publisher, Pull, Push, Router, context } from '@nest-zmq/core';
    const endpoint = process.argv[1];
    ${program}`;
  const args = [...nodeArguments, '--import', loader, '--input-type=module', '--eval', code, endpoint];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => (stdout += String(chunk)));
  child.stderr.on('data', (chunk) => (stderr += String(chunk)));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, stdout, stderr })));
}
