import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const loaders = ['../../support/end-with-parent.mjs', './ts-loader.mjs'].map((name) => `--import=${file(name)}`);

/** What a worker process has noted of one job. */
export interface Deed {
  readonly deed: 'started' | 'done';
  readonly id: number;
  readonly attempt: number;
  readonly redelivered: boolean;
  readonly pid: number;
}

/** A child of these tests: a worker or a pool. */
export class PoolProcess {
  readonly told: Record<string, unknown>[] = [];
  readonly exited: Promise<unknown>;
  #exit: string | undefined;

  constructor(readonly child: ChildProcess) {
    child.on('message', (message) => this.told.push(message as Record<string, unknown>));
    this.exited = once(child, 'exit').then(([code, signal]) => (this.#exit = String(signal ?? code)));
  }

  get exit(): string | undefined {
    return this.#exit;
  }

  get pid(): number {
    return this.child.pid!;
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }
}

/** The processes of one test, and the file in which the workers note their deeds. */
export class PoolProcesses {
  readonly #directory = mkdtempSync(join(tmpdir(), 'nz-'));
  readonly #deeds = join(this.#directory, 'deeds');
  readonly #running = new Set<PoolProcess>();

  worker(endpoint: string, { concurrency = 1, options = {} }: { concurrency?: number; options?: object } = {}) {
    return this.#start(
      './acked-worker.process.ts',
      endpoint,
      String(concurrency),
      this.#deeds,
      JSON.stringify(options),
    );
  }

  pool(endpoint: string): Promise<PoolProcess> {
    return this.#start('./acked-pool.process.ts', endpoint);
  }

  deeds(): Deed[] {
    if (!existsSync(this.#deeds)) return [];
    const lines = readFileSync(this.#deeds, 'utf8').split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Deed);
  }

  async close(): Promise<void> {
    for (const one of this.#running) one.kill('SIGKILL');
    await Promise.all([...this.#running].map(({ exited }) => exited));
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #start(...args: string[]): Promise<PoolProcess> {
    const [program, ...rest] = args;
    const child = spawn(process.execPath, [...loaders, file(program!), ...rest], {
      env: { ...process.env, NODE_OPTIONS: '' },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const started = new PoolProcess(child);
    this.#running.add(started);
    // Not turn by turn: it compiles, and needs the processor more than we do.
    await Promise.race([once(child, 'message'), started.exited]);
    if (started.exit !== undefined) throw new Error(`${program} ended at its start: ${started.exit}`);
    return started;
  }
}
