import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const loader = new URL('../nest/support/ts-loader.mjs', import.meta.url).href;
const root = fileURLToPath(new URL('../..', import.meta.url));

/** A program that hangs is ended: then its `code` is null. */
const LONGEST_MS = 60_000;

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that had nothing to say. */
export const inOrder: Ended = { code: 0, stdout: '', stderr: '' };

export interface Running {
  readonly ended: Promise<Ended>;
  /** When it has written to stderr, or ended without. */
  readonly said: Promise<void>;
}

/** Runs a program until it ends by itself, see `start`. */
export function run(program: string, endpoint = '', ...nodeArguments: readonly string[]): Promise<Ended> {
  return start(program, endpoint, ...nodeArguments).ended;
}

/**
 * Starts a program of a few lines, on the sources as they are.
 * It has the sockets that these tests use, `endpoint`, and, with `--expose-gc`, `gc`.
 */
export function start(program: string, endpoint = '', ...nodeArguments: readonly string[]): Running {
  const code = `import { Context, createContext, Dealer, Pair, Poller, Proxy, Publisher, Pull, Push, Router, context } from '@nest-zmq/core';
    const endpoint = process.argv[1];
    ${program}`;
  const args = [...nodeArguments, '--import', loader, '--input-type=module', '--eval', code, endpoint];
  const child = spawn(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LONGEST_MS,
    killSignal: 'SIGKILL',
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => (stdout += String(chunk)));
  child.stderr.on('data', (chunk) => (stderr += String(chunk)));
  const ended = new Promise<Ended>((resolve) => child.once('close', (code) => resolve({ code, stdout, stderr })));
  const said = new Promise<void>((resolve) => {
    child.stderr.once('data', () => resolve());
    child.once('close', () => resolve());
  });
  return { ended, said };
}
