import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A program in another language, with a ZeroMQ library of its own: `../foreign`. */
export interface ForeignLanguage {
  readonly name: string;
  /** The command before the program's arguments; `undefined` when it cannot be run here. */
  readonly command: readonly string[] | undefined;
}

const cache = fileURLToPath(new URL('../../../.cache/foreign/', import.meta.url));
const here = (file: string): string => fileURLToPath(new URL(`../foreign/${file}`, import.meta.url));

/** What cannot be used on this machine says why, and that is printed. */
export function foreignLanguages(): ForeignLanguage[] {
  return [
    { name: 'C', command: compiledC() },
    { name: 'Python', command: python() },
  ];
}

function compiledC(): string[] | undefined {
  mkdirSync(cache, { recursive: true });
  const program = `${cache}peer`;
  const { status, error, stderr } = spawnSync('gcc', ['-o', program, here('peer.c'), '-lzmq'], { encoding: 'utf8' });
  if (status === 0 && existsSync(program)) return [program];
  return missing('C', `gcc cannot build it (apt-get install gcc libzmq3-dev): ${error?.message ?? stderr}`);
}

function python(): string[] | undefined {
  for (const command of ['/usr/bin/python3', 'python3', '/usr/local/bin/python3']) {
    if (spawnSync(command, ['-c', 'import zmq']).status === 0) return [command, here('peer.py')];
  }
  return missing('Python', 'no python3 here has the module zmq; apt-get install python3-zmq');
}

function missing(name: string, reason: string): undefined {
  process.stderr.write(`note: tests of peers in ${name} are skipped: ${reason}\n`);
  return undefined;
}

/** One run of such a program. */
export class ForeignProgram {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #output = '';
  #errors = '';

  constructor({ name, command }: ForeignLanguage, ...args: readonly string[]) {
    const [file, ...before] = command ?? [];
    if (file === undefined) throw new Error(`there is no ${name} here`);
    this.#child = spawn(file, [...before, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child.stdout?.on('data', (text) => (this.#output += String(text)));
    this.#child.stderr?.on('data', (text) => (this.#errors += String(text)));
    this.#ended = once(this.#child, 'close').then(() => {});
  }

  /** What it has printed, line by line. */
  get lines(): string[] {
    return this.#output.split('\n').filter((line) => line !== '');
  }

  /** @throws when it failed, with what it wrote */
  async end(): Promise<string[]> {
    await this.#ended;
    if (this.#child.exitCode !== 0) throw new Error(`It failed: ${this.#errors}\n${this.#output}`);
    return this.lines;
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGKILL');
    await this.#ended;
  }
}
