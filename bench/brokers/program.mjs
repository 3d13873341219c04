import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const START_MS = 60_000;
const versions = new Map();
const running = new Set();

/**
 * A broker that is installed on this machine, or is not.
 * @param ask the command that prints its version
 * @param install what to do where it is missing
 * @param command gives the words of the command that runs it in the foreground, and more of its environment
 */
export class BrokerProgram {
  #facts;

  constructor(facts) {
    this.#facts = facts;
  }

  get name() {
    return this.#facts.name;
  }

  /** `undefined`, and what to install on stderr, where it is missing. */
  get version() {
    const { name, ask, install, environment } = this.#facts;
    if (!versions.has(name)) {
      const [program, ...words] = ask;
      const env = { ...process.env, ...environment };
      const { stdout, stderr, error } = spawnSync(program, words, { encoding: 'utf8', env });
      // Some print their version and end as if that were a mistake.
      versions.set(name, /\d+\.\d+\.\d+/.exec(stdout ?? '')?.[0]);
      if (versions.get(name) === undefined) {
        console.error(`Without ${name}: ${error?.message ?? stderr.trim()} (${install})`);
      }
    }
    return versions.get(name);
  }

  /** Runs it with its data in a fresh folder, on a free port of this machine only. Resolves when it accepts. */
  async start() {
    const { name, scheme, environment, command } = this.#facts;
    const folder = mkdtempSync(join(tmpdir(), 'bench-broker-'));
    const broker = { folder, child: undefined };
    track(broker);
    try {
      const port = await freePort();
      const { words, environment: more } = await command({ folder, port });
      broker.child = spawn(words[0], words.slice(1), {
        env: { ...process.env, ...environment, ...more },
        cwd: folder,
        // A group of its own: its helpers end with it.
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      await untilAccepts(name, broker.child, port);
      return { url: `${scheme}://127.0.0.1:${port}`, stop: () => stop(broker) };
    } catch (error) {
      await stop(broker);
      throw error;
    }
  }
}

/** A port that nobody listens on now. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function untilAccepts(name, child, port) {
  let said = '';
  let failed = false;
  const hear = (text) => {
    said = (said + text).slice(-2_000);
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  child.on('error', hear);
  child.on('close', () => {
    failed = true;
  });
  for (const start = performance.now(); performance.now() - start < START_MS && !failed; await sleep(50)) {
    if (await accepts(port)) return;
  }
  throw new Error(`${name} does not start: ${said}`);
}

async function accepts(port) {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** However this process ends, short of SIGKILL, its brokers end with it. */
function track(broker) {
  running.add(broker);
  if (process.listeners('exit').includes(endAll)) return;
  process.on('exit', endAll);
  const codes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };
  for (const [signal, code] of Object.entries(codes)) process.on(signal, () => process.exit(code));
}

function endAll() {
  for (const broker of running) end(broker);
}

async function stop(broker) {
  const { child } = broker;
  const runs = child?.pid !== undefined && child.exitCode === null && child.signalCode === null;
  const gone = runs ? once(child, 'exit') : undefined;
  end(broker);
  await gone;
}

/** It keeps nothing, so that it needs no farewell. */
function end(broker) {
  if (!running.delete(broker)) return;
  try {
    if (broker.child?.pid !== undefined) process.kill(-broker.child.pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
  rmSync(broker.folder, { recursive: true, force: true, maxRetries: 5 });
}
