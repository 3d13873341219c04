import { TestEnvironment } from 'jest-environment-node';

/*
 * Node, and a test of the transport fails when it leaves a handle open: a socket, a
 * listener, a child process, a timer. It is looked at here, after all hooks of the test
 * and whatever is in its file, so that no file can forget to. (A rejected promise that
 * nobody looks at fails a test by Jest itself.)
 */

/** Where it holds: the tests of the transport. */
const WATCHED = ['/test/nest/', '/libs/nest-transport/'];

/** What keeps a process alive, as Node names it. */
const HANDLES = new Set([
  'TCPSocketWrap',
  'TCPServerWrap',
  'PipeWrap',
  'PipeServerWrap',
  'UDPWrap',
  'ProcessWrap',
  'Worker',
  'FSEventWrap',
  'Timeout',
]);

/** A handle that is being closed takes a turn or two; the rest is a guard against hanging, no more. */
const PATIENCE_MS = 10_000;

function openHandles() {
  const counts = {};
  for (const name of process.getActiveResourcesInfo()) {
    if (HANDLES.has(name)) counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

/** What is open beyond `before`, after a moment, in words. */
async function left(before, patienceMs) {
  const since = performance.now();
  for (;;) {
    const more = Object.entries(openHandles()).filter(([name, count]) => count > (before[name] ?? 0));
    if (more.length === 0) return undefined;
    if (performance.now() - since > patienceMs) {
      const names = more.map(([name, count]) => `${name} ${count - (before[name] ?? 0)}`);
      return `It left handles open: ${names.join(', ')}`;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}

export default class NothingLeftEnvironment extends TestEnvironment {
  #isWatched;
  #patienceMs;
  #beforeFile = {};
  #beforeTest = {};

  constructor(config, context) {
    super(config, context);
    this.#isWatched = WATCHED.some((folder) => context.testPath.replaceAll('\\', '/').includes(folder));
    this.#patienceMs = config.projectConfig.testEnvironmentOptions.patienceMs ?? PATIENCE_MS;
  }

  async handleTestEvent(event, state) {
    if (!this.#isWatched) return;
    switch (event.name) {
      case 'run_start':
        this.#beforeFile = openHandles();
        break;
      case 'test_start':
        this.#beforeTest = openHandles();
        break;
      case 'test_done': {
        const what = await left(this.#beforeTest, this.#patienceMs);
        if (what !== undefined) event.test.errors.push(what);
        break;
      }
      case 'run_finish': {
        const what = await left(this.#beforeFile, this.#patienceMs);
        if (what !== undefined) state.unhandledErrors.push(what);
        break;
      }
    }
  }
}
