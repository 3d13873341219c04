import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';

/** For a worker that cannot start, or a name server that does not answer. */
const LIMIT_MS = 10_000;

/** An `Error` would lose its code on the way. */
interface Answer {
  readonly value?: unknown;
  readonly failure?: { readonly message: string; readonly code: string | undefined };
}

const silence: Answer = { failure: { message: 'no answer in time', code: 'ETIMEDOUT' } };

/**
 * Waits for something that Node does only asynchronously, while this thread stands
 * still: another thread does it. For the synchronous calls alone; costs some 30 ms.
 *
 * @param body of an `async (input) => …`, CommonJS; what it gives is cloned
 * @throws an error with message and code of what `body` threw, or with ETIMEDOUT
 */
export function waitInWorker(body: string, input: unknown): unknown {
  const signal = new Int32Array(new SharedArrayBuffer(4));
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker(frame(body), {
    eval: true,
    execArgv: [],
    stdin: false,
    workerData: { input, signal, port: port2 },
    transferList: [port2],
  });
  worker.unref();
  try {
    Atomics.wait(signal, 0, 0, LIMIT_MS);
    const { value, failure } = (receiveMessageOnPort(port1) as { message: Answer } | undefined)?.message ?? silence;
    if (failure !== undefined) throw Object.assign(new Error(failure.message), { code: failure.code });
    return value;
  } finally {
    port1.close();
    void worker.terminate();
  }
}

function frame(body: string): string {
  return `
    const { workerData: { input, signal, port } } = require('node:worker_threads');
    const tell = (answer) => {
      port.postMessage(answer);
      Atomics.store(signal, 0, 1);
      Atomics.notify(signal, 0);
    };
    (async (input) => { ${body} })(input).then(
      (value) => tell({ value }),
      ({ message, code }) => tell({ failure: { message, code } }),
    );
  `;
}
