import { AsyncLocalStorage } from 'node:async_hooks';
import { type CanActivate, Controller, type NestInterceptor } from '@nestjs/common';
import { EventPattern, MessagePattern, Payload } from '@nestjs/microservices';
import type { ZmqEventHandlerOptions } from '@nest-zmq/transport';
import { firstValueFrom, lastValueFrom, type Observable, ReplaySubject } from 'rxjs';
import { appsForEach } from './support/apps.js';
import { until } from './turns.js';

/* What waits for its turn is started by what ends, and must not see whose work that was (AsyncLocalStorage). */

const requests = new AsyncLocalStorage<string>();
const seen: unknown[] = [];
let open: () => void = () => {};
let gate: Promise<void>;

const guard: CanActivate = {
  canActivate: (context) => {
    seen.push(['before', context.switchToRpc().getData(), requests.getStore()]);
    return true;
  },
};

const scope: NestInterceptor = {
  intercept: (context, next) => requests.run(String(context.switchToRpc().getData()), () => next.handle()),
};

@Controller()
class ScopedController {
  /** Its end comes out of its own context: that is where the next one is started. */
  @MessagePattern('call')
  call(@Payload() data: unknown): Observable<unknown> {
    const answer = new ReplaySubject<unknown>();
    void gate.then(() => {
      answer.next([data, requests.getStore()]);
      answer.complete();
    });
    return answer;
  }

  @EventPattern('event', { concurrency: 1 } satisfies ZmqEventHandlerOptions)
  async event(@Payload() data: unknown): Promise<void> {
    await gate;
    seen.push(['in', data, requests.getStore()]);
  }
}

const apps = appsForEach('tcp');

beforeEach(() => {
  seen.length = 0;
  gate = new Promise((resolve) => (open = resolve));
});

it('a call that waited runs in no other call’s context', async () => {
  const running = await apps().serve([ScopedController], { maxConcurrency: 1 }, (app) => {
    app.useGlobalGuards(guard);
    app.useGlobalInterceptors(scope);
  });
  const client = apps().client([running]);
  const calls = ['a', 'b', 'c'].map((data) => firstValueFrom(client.send('call', data)));
  await until(() => running.server.stats()?.calls.waiting === 2);
  open();
  expect(await Promise.all(calls)).toEqual([
    ['a', 'a'],
    ['b', 'b'],
    ['c', 'c'],
  ]);
  expect(seen).toEqual(['a', 'b', 'c'].map((data) => ['before', data, undefined]));
});

it('an event that waited runs in no other event’s context', async () => {
  const running = await apps().serve([ScopedController]);
  let started = 0;
  running.server.setOnProcessingStartHook((_transport, _context, done) => {
    seen.push(['before', ++started, requests.getStore()]);
    void requests.run(`run ${started}`, done);
  });
  const client = apps().client([running]);
  for (const data of ['a', 'b', 'c']) await lastValueFrom(client.emit('event', data), { defaultValue: undefined });
  await until(() => running.server.stats()?.events.waiting === 2);
  open();
  await until(() => running.server.stats()?.events.running === 0);
  expect(seen).toEqual([
    ['before', 1, undefined],
    ['in', 'a', 'run 1'],
    ['before', 2, undefined],
    ['in', 'b', 'run 2'],
    ['before', 3, undefined],
    ['in', 'c', 'run 3'],
  ]);
});
