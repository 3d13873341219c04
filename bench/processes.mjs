import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { nativeProgram } from './native.mjs';

const peer = fileURLToPath(new URL('peer.mjs', import.meta.url));
/** A process that says nothing for so long hangs. */
const SILENCE_MS = 120_000;
/** Where BENCH_PROFILES names a folder, every JavaScript process writes its profile there when it is stopped. */
const isProfiled = () => process.env.BENCH_PROFILES !== undefined;
const profiler = ['--import', new URL('profile.mjs', import.meta.url).href];

/**
 * The child processes of one measurement. All of them, in whatever language, are
 * called `<scenario> <role> key=value …` and tell what they have as lines of JSON:
 * `{"endpoint": …}`, `{"ready": 1}`, `{"value": …}`. They live until they are stopped.
 */
export class Processes {
  #running = [];

  /**
   * @param contender whose code it runs: 'libzmq' is the C program, all others are peer.mjs
   * @param core the only processor it may use; any when absent
   */
  start(contender, scenario, role, parameters, core) {
    const words = [scenario, role, ...Object.entries(parameters).map(([key, value]) => `${key}=${value}`)];
    const command =
      contender === 'libzmq'
        ? [nativeProgram(), ...words]
        : [process.execPath, ...(isProfiled() ? profiler : []), peer, contender, ...words];
    if (core !== undefined) command.unshift('taskset', '-c', String(core));
    const child = new PeerProcess(`${contender} ${role} of ${scenario}`, command);
    this.#running.push(child);
    return child;
  }

  async stop() {
    await Promise.all(this.#running.map((child) => child.stop()));
    this.#running = [];
  }
}

class PeerProcess {
  #child;
  #name;
  #told = {};
  #waiting;
  #failure;

  constructor(name, [program, ...words]) {
    this.#name = name;
    this.#child = spawn(program, words, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child.on('error', (error) => this.#fail(error));
    this.#child.on('exit', (code, signal) => this.#fail(new Error(`${name} ended with ${code ?? signal}`)));
    this.#child.stdin.on('error', () => {});
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#hear(line));
  }

  get pid() {
    return this.#child.pid;
  }

  /** Everything it has told once `key` is among it. Rejects when the process fails or is silent for too long. */
  async until(key) {
    const silence = setTimeout(() => this.#fail(new Error(`${this.#name} never told "${key}"`)), SILENCE_MS);
    try {
      while (this.#told[key] === undefined) {
        if (this.#failure !== undefined) throw this.#failure;
        await new Promise((resolve) => {
          this.#waiting = resolve;
        });
      }
      return this.#told;
    } finally {
      clearTimeout(silence);
    }
  }

  /** Lets it go on (scenarios that wait for a line). */
  go() {
    this.#child.stdin.write('go\n');
  }

  async stop() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill(isProfiled() ? 'SIGTERM' : 'SIGKILL');
    await gone;
  }

  #hear(line) {
    Object.assign(this.#told, JSON.parse(line));
    this.#waiting?.();
  }

  #fail(error) {
    this.#failure ??= error;
    this.#waiting?.();
  }
}
