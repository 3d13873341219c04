import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';

/* Each of these leaves something: `leftovers.e2e-spec.ts` runs them, and sees them fail. */

it('a timer', () => {
  setTimeout(() => {}, 600_000);
});

it('a listener', async () => {
  await once(createServer().listen(0, '127.0.0.1'), 'listening');
});

it('a child process', () => {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] });
  afterAllKill.push(() => child.kill());
});

it('a rejection', async () => {
  void Promise.reject(new Error('nobody looks'));
  await new Promise((resolve) => setImmediate(resolve));
});

it('a rejection after its end', () => {
  setImmediate(() => void Promise.reject(new Error('nobody looks later')));
});

it('nothing', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.close();
});

const afterAllKill: (() => void)[] = [];
afterAll(() => afterAllKill.forEach((kill) => kill()));
