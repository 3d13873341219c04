import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { freePort } from '../support/free-port.js';

export const root = fileURLToPath(new URL('../../', import.meta.url));
const endWithParent = `${root}test/support/end-with-parent.mjs`;
const running = new Set<Example>();

/** Ports to take the place of those that the examples name. */
export class Ports {
  readonly #free = new Map<string, number>();

  static async instead(named: readonly string[]): Promise<Ports> {
    const ports = new Ports();
    for (const port of named) ports.#free.set(port, await freePort());
    return ports;
  }

  get(named: string): number {
    const port = this.#free.get(named);
    if (port === undefined) throw new Error(`an example names port ${named}, and its test does not`);
    return port;
  }

  put(code: string): string {
    return code.replace(/\b(3000|55\d\d)\b/g, (named) => String(this.get(named)));
  }
}

/** A running example. */
export class Example {
  readonly exited: Promise<number | null>;
  output = '';
  readonly #child: ChildProcess;
  #ended = false;
  #waiting: (() => void)[] = [];

  constructor(file: string, ...args: readonly string[]) {
    this.#child = spawn(process.execPath, ['--import', endWithParent, file, ...args], {
      env: { ...process.env, NODE_OPTIONS: '', NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    running.add(this);
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
        this.#wake();
      });
    }
    this.exited = once(this.#child, 'close').then(([code]) => {
      running.delete(this);
      this.#ended = true;
      this.#wake();
      return code as number | null;
    });
  }

  async printed(text: string): Promise<void> {
    while (!this.output.includes(text)) {
      // Not its exit, which may come before the last that it wrote.
      if (this.#ended) throw new Error(`Ended without '${text}':\n${this.output}`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Resolves when it has ended. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.#child.kill(signal);
    await this.exited;
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

/** What a failed test has left. */
export async function killAll(): Promise<void> {
  await Promise.all([...running].map((example) => example.stop('SIGKILL')));
}

/** Resolves when somebody listens there. (A Nest application says that it has started a moment before.) */
export async function listening(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
    socket.destroy();
    if (isOpen) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** The gateway asks the shop by a call, tells it by an event, and has it do a task. */
export async function orderAtShop(start: (name: string) => Example, ports: Ports): Promise<void> {
  const gateway = start('gateway');
  await gateway.printed('successfully started');
  await listening(ports.get('3000'));
  const shop = start('shop');
  await shop.printed('successfully started');
  const response = await fetch(`http://127.0.0.1:${ports.get('3000')}/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(['tea', 'cake']),
  });
  expect(await response.json()).toEqual({ price: 7 });
  await shop.printed('asks for a price');
  await shop.printed('Ordered: tea, cake');
  await shop.printed('Dear customer, tea, cake will cost 7');
  for (const program of [shop, gateway]) {
    await program.stop();
    expect(program.output).not.toContain('ERROR');
  }
}
