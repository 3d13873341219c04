import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));
const endWithParent = `${root}test/support/end-with-parent.mjs`;
const running = new Set<Example>();

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

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
  #onOutput: () => void = () => undefined;

  constructor(file: string, ...args: readonly string[]) {
    this.#child = spawn(process.execPath, ['--import', endWithParent, file, ...args], {
      env: { ...process.env, NODE_OPTIONS: '', NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    running.add(this);
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
        this.#onOutput();
      });
    }
    this.exited = once(this.#child, 'close').then(([code]) => {
      running.delete(this);
      this.#onOutput();
      return code as number | null;
    });
  }

  async printed(text: string): Promise<void> {
    while (!this.output.includes(text)) {
      if (this.#child.exitCode !== null) throw new Error(`Ended without '${text}':\n${this.output}`);
      await new Promise<void>((resolve) => (this.#onOutput = resolve));
    }
  }

  /** Resolves when it has ended. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.#child.kill(signal);
    await this.exited;
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
