import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { once } from 'node:events';
import { root } from '../setup.mjs';

const MAIN_FILES = {
  gateway: join(root, 'dist/apps/demo-gateway/apps/demo-gateway/src/main.js'),
  server: join(root, 'dist/apps/demo-worker/apps/demo-worker/src/main.js'),
};
/** Loaded before a process of the demo: it prints the spans. */
const TRACING = new URL('tracing.mjs', import.meta.url).href;
const START_LIMIT_MS = 20_000;
const STOP_LIMIT_MS = 15_000;
const onWindows = process.platform === 'win32';

/** How to start one more by hand. */
export const serverCommand = (gateway) => `GATEWAY=${gateway} node dist/apps/demo-worker/apps/demo-worker/src/main.js`;

/** The gateway and the game servers, each a process of its own. */
export class Cluster {
  /** Where players go, once the gateway is up: http://127.0.0.1:3000 */
  url = '';
  /** What a game server has to know, once the gateway is up: 127.0.0.1:5550 */
  address = '';
  /** Gets each line that a process prints. */
  onLine = (name, line) => console.log(`[${name}] ${line}`);
  /** Gets each end of a process that was not asked for. */
  onLost = (name, how) => console.error(`[${name}] ended by itself: ${how}`);
  #nodeArguments = ['--enable-source-maps'];
  #processes = new Map();
  #stopping;
  #stopBegins;
  /** Resolves when `stop` is called for the first time. */
  stopBegins = new Promise((resolve) => (this.#stopBegins = resolve));

  /** @param traces whether the processes print their spans */
  constructor({ traces = false } = {}) {
    if (traces) this.#nodeArguments.push('--import', TRACING);
  }

  get isStopping() {
    return this.#stopping !== undefined;
  }

  /** The free ports nearest to what people expect; with `anyPorts` whichever are free. */
  async startGateway({ anyPorts = false } = {}) {
    const [port, clusterPort] = anyPorts
      ? [0, 0]
      : await Promise.all([
          this.#portOr0(process.env.PORT ?? 3000, 1),
          this.#portOr0(process.env.CLUSTER_PORT ?? 5550, 4),
        ]);
    const env = { PORT: String(port), CLUSTER_PORT: String(clusterPort) };
    const { http, gateway } = await this.#start('gateway', MAIN_FILES.gateway, env);
    this.url = http.replace(/\/$/, '');
    this.address = gateway;
  }

  /** Resolves when the server takes part. All it is told is its name, and where the gateway is. */
  async startServer(name) {
    await this.#start(name, MAIN_FILES.server, { SERVER_NAME: name, GATEWAY: this.address });
  }

  pid(name) {
    return this.#processes.get(name).child.pid;
  }

  /** Sends the signal; resolves with how the process ended. */
  async end(name, signal) {
    const { child, ended } = this.#processes.get(name);
    this.#processes.get(name).isWanted = false;
    child.kill(signal);
    return ended;
  }

  /** Asks a server to drain: it answers what it has, and ends. Resolves with how it ended. */
  async drain(name) {
    const { child, ended } = this.#processes.get(name);
    this.#processes.get(name).isWanted = false;
    // Windows has no SIGTERM: there the end of the channel is the sign
    if (onWindows) child.disconnect();
    else child.kill('SIGTERM');
    return ended;
  }

  /** Servers first, then the gateway. Idempotent. Resolves with the names of those that had to be killed. */
  stop() {
    return (this.#stopping ??= this.#stop());
  }

  killAll() {
    for (const { child } of this.#processes.values()) child.kill('SIGKILL');
  }

  async #stop() {
    this.#stopBegins();
    const names = [...this.#processes.keys()];
    const servers = names.filter((name) => name !== 'gateway');
    const killed = [
      ...(await this.#stopEach(servers)),
      ...(await this.#stopEach(names.filter((name) => name === 'gateway'))),
    ];
    return killed;
  }

  async #stopEach(names) {
    const killed = [];
    const stopOne = async (name) => {
      const process = this.#processes.get(name);
      if (!process) return;
      const limit = setTimeout(() => {
        killed.push(name);
        process.child.kill('SIGKILL');
      }, STOP_LIMIT_MS);
      await this.drain(name);
      clearTimeout(limit);
    };
    await Promise.all(names.map(stopOne));
    return killed;
  }

  async #start(name, file, env) {
    if (this.isStopping) throw new Error('The cluster is stopping');
    const child = spawn(process.execPath, [...this.#nodeArguments, file], {
      cwd: root,
      env: { ...process.env, LOG_LEVEL: 'warn', ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // out of the terminal's process group, or Ctrl+C would end all at once and not in order
      detached: !onWindows,
    });
    const ended = once(child, 'close').then(([code, signal]) => {
      this.#processes.delete(name);
      return { code, signal };
    });
    const entry = { child, ended, isWanted: true };
    this.#processes.set(name, entry);
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => line.trim() !== '' && this.onLine(name, line));
    }
    const how = ({ code, signal }) => (signal ? `by ${signal}` : `with exit code ${code}`);
    const failed = ended.then((end) => Promise.reject(new Error(`${name} ended ${how(end)} before it was up`)));
    const ready = await within(START_LIMIT_MS, `${name} to start`, Promise.race([isReady(child), failed]));
    failed.catch(() => {});
    void ended.then((end) => entry.isWanted && !this.isStopping && this.onLost(name, how(end)));
    return ready;
  }

  async #portOr0(wanted, count) {
    for (let port = Number(wanted); port < Number(wanted) + count; port += 1) {
      if (!(await isFree(port))) return 0;
    }
    return Number(wanted);
  }
}

/** The first message of a process says that it is up, and where. */
async function isReady(child) {
  const [{ ready }] = await once(child, 'message');
  return ready;
}

async function isFree(port) {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

/** @throws {Error} "Waited … for <what>" */
export async function within(limitMs, what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Waited ${limitMs / 1000} s in vain for ${what}`)), limitMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
