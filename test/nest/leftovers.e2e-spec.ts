import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Controller } from '@nestjs/common';
import { MessagePattern } from '@nestjs/microservices';
import { Dealer } from '@nest-zmq/core';
import { NEVER, type Observable } from 'rxjs';
import { Apps } from './support/apps.js';
import { expectNothingLeft } from './support/leftovers.js';
import { until } from './turns.js';

/* What makes every test here fail when something is left: it must be able to. */

@Controller()
class NeverController {
  @MessagePattern('never')
  never(): Observable<never> {
    return NEVER;
  }
}

const root = fileURLToPath(new URL('../../', import.meta.url));
const PATIENCE_MS = 100;

interface Results {
  readonly testResults: readonly {
    readonly message: string;
    readonly assertionResults: readonly {
      readonly title: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

/** Jest, with the configuration of all tests, over tests that leave something. */
function runFixture(): Promise<Results> {
  const args = ['--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js', '--json', '--forceExit'];
  const fixture = ['--testRegex', String.raw`/leaving\.fixture\.ts$`, '--coverage', 'false'];
  const options = ['--testEnvironmentOptions', JSON.stringify({ patienceMs: PATIENCE_MS })];
  return new Promise((resolve, reject) => {
    // It fails: that is what is looked at.
    execFile(process.execPath, [...args, ...fixture, ...options], { cwd: root }, (error, stdout) => {
      if (stdout === '') reject(error ?? new Error('Jest said nothing'));
      else resolve(JSON.parse(stdout) as Results);
    });
  });
}

it('a handle, and a rejection that nobody looks at, fail the test that leaves them, without a word in it', async () => {
  const [file] = (await runFixture()).testResults;
  const firstLines = file!.assertionResults.map(({ title, failureMessages }) => [
    title,
    failureMessages.map((text) => text.split('\n')[0]),
  ]);
  expect(firstLines).toEqual([
    ['a timer', [expect.stringContaining('It left handles open: Timeout 1')]],
    ['a listener', [expect.stringContaining('It left handles open: TCPServerWrap 1')]],
    ['a child process', [expect.stringContaining('It left handles open: PipeWrap 1, ProcessWrap 1')]],
    ['a rejection', [expect.stringContaining('Error: nobody looks')]],
    ['a rejection after its end', [expect.stringContaining('Error: nobody looks later')]],
    ['nothing', []],
  ]);
  // What is opened outside of the tests is seen at the end of the file.
  expect(file!.message).toContain('It left handles open: TCPServerWrap 1, Timeout 1');
}, 60_000);

it('a call that is in the books is found before anything is closed, and then a socket', async () => {
  const apps = new Apps();
  const running = await apps.serve([NeverController]);
  const call = apps
    .client([running])
    .send('never', {})
    .subscribe({ error: () => {} });
  await until(() => running.server.stats()?.calls.running === 1);
  const found = '"calls in flight":1,"handlers that run":1';
  await expect(apps.idle(PATIENCE_MS)).rejects.toThrow(found);
  await expect(apps.close(PATIENCE_MS)).rejects.toThrow(found);
  expect(apps.context.sockets).toBe(0);
  expect(call.closed).toBe(true);

  const left = new Apps();
  const socket = new Dealer({ context: left.context });
  await expect(expectNothingLeft(() => ({ sockets: left.context.sockets }), PATIENCE_MS)).rejects.toThrow(
    '"sockets":1',
  );
  socket.close();
  await left.close();
});

it('a test that ends in the middle of something says of what', async () => {
  const apps = new Apps();
  const running = await apps.serve([NeverController]);
  apps
    .client([running])
    .send('never', {})
    .subscribe({ error: () => {} });
  await until(() => running.server.stats()?.calls.running === 1);
  apps.leaves('calls in flight');
  await expect(apps.idle(PATIENCE_MS)).rejects.toThrow('{"handlers that run":1}');
  apps.leaves('handlers that run');
  await apps.close();
});
