import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { jest } from '@jest/globals';
import type { ZmqListenInfo, ZmqServerOptions } from '@nest-zmq/transport';
import { until } from '../turns.js';

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
const loaders = ['../../support/end-with-parent.mjs', './ts-loader.mjs'].map((file) => `--import=${here(file)}`);

/** It compiles its sources as it starts, which takes its time on a machine that has much else to do. */
const START_PATIENCE_MS = 40_000;
jest.setTimeout(60_000);

interface Told {
  listening?: ZmqListenInfo;
  running?: string;
  event?: unknown;
}

/** A server of ours in a process of its own: `server.process.ts`. */
export class ServerProcess {
  readonly exited: Promise<unknown>;
  readonly told: Told[] = [];
  #output = '';
  #isUp = true;

  private constructor(readonly child: ChildProcess) {
    this.exited = once(child, 'close').finally(() => (this.#isUp = false));
    child.on('message', (message) => this.told.push(message as Told));
    child.stdout?.on('data', (text) => (this.#output += String(text)));
    child.stderr?.on('data', (text) => (this.#output += String(text)));
  }

  /** @param file which program, beside this file */
  static async start(options: ZmqServerOptions, file = './server.process.ts'): Promise<ServerProcess> {
    const child = spawn(process.execPath, [...loaders, here(file), JSON.stringify(options)], {
      env: { ...process.env, NODE_OPTIONS: '' },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const started = new ServerProcess(child);
    try {
      await until(
        () => started.info !== undefined || !started.#isUp,
        () => started.#output,
        START_PATIENCE_MS,
      );
    } catch (error) {
      await started.stop();
      throw error;
    }
    if (started.info === undefined) throw new Error(`The server did not start:\n${started.#output}`);
    return started;
  }

  /** What it wrote. */
  get output(): string {
    return this.#output;
  }

  get info(): ZmqListenInfo | undefined {
    return this.told.find(({ listening }) => listening !== undefined)?.listening;
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  get events(): unknown[] {
    return this.told.filter((message) => 'event' in message).map(({ event }) => event);
  }

  /** Handlers that have started. */
  running(name: string): number {
    return this.told.filter(({ running }) => running === name).length;
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    this.child.kill(signal);
  }

  async stop(): Promise<void> {
    this.kill();
    await this.exited;
  }
}
