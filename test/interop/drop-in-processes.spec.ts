import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { differences } from './differences.js';

/*
 * What keeps a process alive, what it waits for at its end, and what it prints: the same
 * programs on npm `zeromq` and on its drop-in entry, each in a process of its own.
 */

const root = fileURLToPath(new URL('../..', import.meta.url));
const loader = new URL('../nest/support/ts-loader.mjs', import.meta.url).href;

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(moduleName: string, program: string): Promise<Ended> {
  const code = `import zmq from '${moduleName}'; const moduleName = '${moduleName}'; ${program}`;
  const args = ['--import', loader, '--input-type=module', '--eval', code];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => (stdout += String(chunk)));
  child.stderr.on('data', (chunk) => (stderr += String(chunk)));
  return new Promise((resolve) => {
    child.once('close', (exitCode) =>
      resolve({ code: exitCode, stdout, stderr: stderr.replaceAll(String(child.pid), '<pid>') }),
    );
  });
}

/** It is no reason to live: that it prints shows that there is one. */
const closing = `setTimeout(() => {
  process.stdout.write('alive');
  for (const socket of [pull, push]) socket.close();
}, 50).unref();`;
const pair = 'const [pull, push] = [new zmq.Pull(), new zmq.Push()];';
const undelivered = (options: string): string =>
  `const push = new zmq.Push(${options}); push.connect('tcp://127.0.0.1:1'); await push.send('never delivered');`;

const programs: Record<string, string> = {
  'open sockets': `${pair}
    await pull.bind('tcp://127.0.0.1:*');
    push.connect(pull.lastEndpoint);
    await push.send('x');
    await pull.receive();
    new zmq.Push().connect('tcp://127.0.0.1:1');
    ${closing}`,
  'a pending receive': `${pair} pull.receive().catch(({ code }) => process.stdout.write(code)); ${closing}`,
  'a pending send': `${pair} push.send('x').catch(({ code }) => process.stdout.write(code)); ${closing}`,
  'a pending event': `${pair} pull.events.receive().then(({ type }) => process.stdout.write(type)); ${closing}`,
  'listeners of events': `${pair} push.events.on('end', ({ type }) => process.stdout.write(type)); ${closing}`,
  'an iterator': `${pair} (async () => { for await (const _ of pull); process.stdout.write('done'); })(); ${closing}`,
  'a bind': `const pull = new zmq.Pull(); pull.bind('tcp://127.0.0.1:*').then(() => process.stdout.write('bound'));`,
  'a proxy': `const [front, back] = [new zmq.Router(), new zmq.Dealer()];
    for (const socket of [front, back]) await socket.bind('tcp://127.0.0.1:*');
    const proxy = new zmq.Proxy(front, back);
    proxy.run().then(() => process.stdout.write('ended'));
    setTimeout(() => proxy.terminate(), 50).unref();`,
  'a message that nobody takes, without linger': undelivered('{ linger: 0 }'),
  'a message that nobody takes, with a short linger': undelivered('{ linger: 50 }'),
  'a message that nobody takes, with a long linger': undelivered('{ linger: 700 }'),
  'a message that nobody takes, not blocky': `zmq.context.blocky = false; ${undelivered('{ linger: 700 }')}`,
  'a message that nobody takes, without linger by its context': `zmq.context.blocky = false; ${undelivered('')}`,
  'a message that nobody takes, of a closed socket': `${undelivered('{ linger: 700 }')} push.close();`,
  'a message to a peer': `${pair}
    await pull.bind('tcp://127.0.0.1:*');
    push.connect(pull.lastEndpoint);
    const received = pull.receive();
    await push.send('x');
    push.close();
    process.stdout.write(String(await received));`,
  'process.exit() with a message that nobody takes': `${undelivered('{ linger: 700 }')} process.exit(0);`,
  'an exit code': `${pair} process.exitCode = 3; await pull.bind('tcp://127.0.0.1:*');`,
  'two threads over inproc': `const { Worker } = await import('node:worker_threads');
    const pull = new zmq.Pull({ receiveTimeout: 1500 });
    await pull.bind('inproc://threads');
    const code = \`import('\${moduleName}').then(async ({ default: zmq }) => {
      const push = new zmq.Push({ linger: 0 });
      push.connect('inproc://threads');
      await push.send('from a thread');
    });\`;
    new Worker(code, { eval: true });
    process.stdout.write(await pull.receive().then(String, ({ code }) => code));`,
};

const expected = differences.filter(({ topic }) => topic === 'processes');

describe.each(Object.entries(programs))('%s', (name, program) => {
  const difference = expected.find(({ names }) => names.test(name));

  it(difference === undefined ? 'is the same on both' : `differs, for ${difference.reason}`, async () => {
    const [npm, ours] = [await run('zeromq', program), await run('@nest-zmq/core/zeromq', program)];
    if (difference === undefined) {
      expect(ours).toEqual(npm);
    } else {
      expect(ours).toMatchObject(difference.ours as object);
      // One that is none any more is to be taken off the list.
      expect(ours).not.toEqual(npm);
    }
  });
});

it('lists differences of these programs only', () => {
  const names = Object.keys(programs);
  expect(expected.filter((difference) => !names.some((name) => difference.names.test(name)))).toEqual([]);
});
