import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Ended } from './program.js';

const loader = new URL('../nest/support/ts-loader.mjs', import.meta.url).href;
const root = fileURLToPath(new URL('../..', import.meta.url));
/** What Node needs for itself is less than half of it. */
const DESCRIPTORS = 64;

/**
 * A ROUTER, and raw connections to it until the process has no descriptors left. Those that
 * are given up or refused must not keep a new one out when there is room again.
 */
const PROGRAM = `
  import { once } from 'node:events';
  import { connect } from 'node:net';
  import { context, Dealer, Router } from '@nest-zmq/core';

  const router = new Router({ linger: 0 });
  await router.bind('tcp://127.0.0.1:*');
  const dealer = new Dealer({ linger: 0 });
  dealer.connect(router.lastEndpoint);
  const exchange = async () => {
    await dealer.send('question');
    const [id, body] = await router.receive();
    await router.send([id, body]);
    await dealer.receive();
  };
  await exchange();

  const port = Number(new URL(router.lastEndpoint.replace('tcp:', 'http:')).port);
  const raw = [];
  let refused = 0;
  for (let i = 0; i < 100; i++) {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('error', () => {});
    raw.push(socket);
    const [failure] = await Promise.race([
      once(socket, 'connect').then(() => []),
      once(socket, 'close').then(() => ['closed']),
    ].map((each) => each.catch((error) => [error])));
    if (failure !== undefined) refused++;
  }
  if (refused === 0) throw new Error('there were descriptors for all');
  await exchange();

  for (const socket of raw) socket.destroy();
  const late = new Dealer({ linger: 0, routingId: 'late' });
  late.connect(router.lastEndpoint);
  await late.send('anew');
  for (;;) {
    const [id, body] = await router.receive();
    if (String(id) === 'late' && String(body) === 'anew') break;
  }
  await exchange();
  for (const socket of [late, dealer, router]) socket.close();
  await context.terminate();
  console.log('refused some, served the patient one, accepted anew');
`;

/** Runs the program with `ulimit -n`. */
export function runWithFewDescriptors(): Promise<Ended> {
  const command = `ulimit -n ${DESCRIPTORS} && exec "$0" "$@"`;
  const args = ['--import', loader, '--input-type=module', '--eval', PROGRAM];
  const child = spawn('/bin/sh', ['-c', command, process.execPath, ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => (stdout += String(chunk)));
  child.stderr.on('data', (chunk) => (stderr += String(chunk)));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, stdout, stderr })));
}
