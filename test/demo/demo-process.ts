import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const MAIN_FILES = {
  gateway: `${root}dist/apps/demo-gateway/apps/demo-gateway/src/main.js`,
  worker: `${root}dist/apps/demo-worker/apps/demo-worker/src/main.js`,
  starter: `${root}scripts/start.mjs`,
};

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process of the demo as it is built: `npm run build` comes first. */
export class DemoProcess {
  static readonly #all = new Set<DemoProcess>();
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;
  #output = '';
  #ended = false;
  #waiting: (() => void)[] = [];

  private constructor(child: ChildProcess) {
    this.#child = child;
    DemoProcess.#all.add(this);
    this.exited = once(child, 'close').then(([code, signal]) => {
      DemoProcess.#all.delete(this);
      this.#ended = true;
      this.#wake();
      return { code: code as number | null, signal: signal as NodeJS.Signals | null };
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
        this.#wake();
      });
    }
  }

  /** Resolves with what the process says of itself when it is up. */
  static async start(
    app: 'gateway' | 'worker',
    env: Record<string, string>,
  ): Promise<[process: DemoProcess, ready: Record<string, string>]> {
    const started = DemoProcess.#spawn(MAIN_FILES[app], [], env);
    const failed = started.exited.then(() => {
      throw new Error(`The ${app} did not start:\n${started.#output}`);
    });
    failed.catch(() => undefined);
    const message = once(started.#child, 'message') as Promise<[{ ready: Record<string, string> }]>;
    const [{ ready }] = await Promise.race([message, failed]);
    return [started, ready];
  }

  /** `npm start` without npm. */
  static startAll(args: string[], env: Record<string, string>): DemoProcess {
    return DemoProcess.#spawn(MAIN_FILES.starter, args, env);
  }

  static killAll(): void {
    for (const process of DemoProcess.#all) process.signal('SIGKILL');
  }

  static #spawn(file: string, args: string[], env: Record<string, string>): DemoProcess {
    if (!existsSync(file)) throw new Error(`${file} is missing: npm run build`);
    const child = spawn(process.execPath, [file, ...args], {
      cwd: root,
      env: { ...process.env, NODE_OPTIONS: '', LOG_LEVEL: 'warn', ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    return new DemoProcess(child);
  }

  get output(): string {
    return this.#output;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** As if this test run were gone. Gives the exit code; Node emits no `close` after `disconnect()`. */
  async abandon(): Promise<number | null> {
    const exited = once(this.#child, 'exit');
    this.#child.disconnect();
    const [code] = await exited;
    return code as number | null;
  }

  /** SIGTERM, and how it ended. */
  async stop(): Promise<Exit> {
    this.signal('SIGTERM');
    return this.exited;
  }

  /** Resolves when the output matches. */
  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.#output);
      if (match) return match;
      // Not its exit, which may come before the last that it wrote.
      if (this.#ended) throw new Error(`Ended without ${String(pattern)}:\n${this.#output}`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
