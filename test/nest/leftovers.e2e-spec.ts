import { createServer } from 'node:net';
import { once } from 'node:events';
import { Controller } from '@nestjs/common';
import { MessagePattern } from '@nestjs/microservices';
import { NEVER, type Observable } from 'rxjs';
import { Apps } from './support/apps.js';
import { expectNothingLeft, openHandles } from './support/leftovers.js';
import { until } from './turns.js';

/* What makes every test here fail when something is left: it must be able to. */

@Controller()
class NeverController {
  @MessagePattern('never')
  never(): Observable<never> {
    return NEVER;
  }
}

const PATIENCE_MS = 100;

it('a handle that is left is found', async () => {
  const before = openHandles();
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  await expect(expectNothingLeft(before, () => ({}), PATIENCE_MS)).rejects.toThrow('"TCPServerWrap":1');
  server.close();
  await once(server, 'close');
  await expectNothingLeft(before, () => ({}));
});

it('a call that is in the books is found, and a socket', async () => {
  const apps = new Apps();
  const running = await apps.serve([NeverController]);
  const call = apps
    .client([running])
    .send('never', {})
    .subscribe({ error: () => {} });
  await until(() => running.server.stats()?.calls.running === 1);
  const entries = (): Record<string, number> => apps.entries();
  await expect(expectNothingLeft(openHandles(), entries, PATIENCE_MS)).rejects.toThrow(
    '"calls in flight":1,"handlers that run":1',
  );
  call.unsubscribe();
  await apps.idle();
  expect(entries()).toEqual({});
  expect(apps.context.sockets).toBeGreaterThan(0);
  await apps.close();
  expect(apps.context.sockets).toBe(0);
});
