import { Controller } from '@nestjs/common';
import { EventPattern, MessagePattern, Payload } from '@nestjs/microservices';
import { type ZmqClient, type ZmqClock, ZmqRecordBuilder } from '@nest-zmq/transport';
import { firstValueFrom, lastValueFrom, Observable, of } from 'rxjs';
import { appsForEach, type RunningServer } from './support/apps.js';
import { ManualClock } from './support/manual.clock.js';
import { turns, until } from './turns.js';

/* What the application still does when a call or an event is over: it must end neither others nor the server. */

const ran: unknown[] = [];
const desk = { subscribed: 0, gate: Promise.resolve(), open: (): void => {}, complete: (): void => {} };

/** Gives a value, and throws when it ends or is unsubscribed from. */
const torn = (): Observable<number> =>
  new Observable((subscriber) => {
    desk.subscribed++;
    desk.complete = () => subscriber.complete();
    subscriber.next(1);
    return () => {
      throw new RangeError('torn');
    };
  });

@Controller()
class EndingController {
  @MessagePattern('torn')
  torn(): Observable<number> {
    return torn();
  }

  @MessagePattern('value')
  value(@Payload() data: unknown): unknown {
    ran.push(data);
    return data;
  }

  @EventPattern('torn event')
  tornEvent(@Payload() _data: unknown): Observable<number> {
    return torn();
  }

  @EventPattern('gated event')
  async gatedEvent(@Payload() data: unknown): Promise<Observable<number>> {
    ran.push(data);
    await desk.gate;
    return of(1);
  }

  @EventPattern('late stream')
  async lateStream(@Payload() _data: unknown): Promise<Observable<number>> {
    await desk.gate;
    return torn();
  }
}

const apps = appsForEach('tcp');
let errors: unknown[] = [];
const logger = { log() {}, warn() {}, error: (line: unknown) => void errors.push(line) };

const emit = (client: ZmqClient, topic: string, data: unknown = 1): Promise<unknown> =>
  lastValueFrom(client.emit(topic, data), { defaultValue: undefined });

beforeEach(() => {
  ran.length = 0;
  errors = [];
  desk.subscribed = 0;
  desk.gate = new Promise((resolve) => (desk.open = resolve));
});

describe('a stream whose teardown throws', () => {
  const expectLogged = (): void => {
    expect(errors.map(String)).toEqual([expect.stringMatching(/^UnsubscriptionError: .*RangeError: torn/s)]);
  };

  it('ends when its caller goes, and the server lives', async () => {
    const running = await apps().serve([EndingController], { logger });
    const client = apps().client([running]);
    expect(await firstValueFrom(client.send('torn', {}))).toBe(1);
    await until(() => running.server.stats()?.calls.cancelled === 1);
    expect(running.server.stats()?.calls.running).toBe(0);
    expect(await firstValueFrom(client.send('value', 2))).toBe(2);
    expectLogged();
  });

  it('ends with its deadline, and later deadlines are kept', async () => {
    const clock = new ManualClock();
    const running = await apps().serve([EndingController], { logger, clock });
    const client = apps().client([running], { clock });
    const late = [1_000, 1_001, 2_000].map((ms) =>
      lastValueFrom(client.send('torn', new ZmqRecordBuilder({}).setDeadline(ms).build())),
    );
    const outcomes = Promise.allSettled(late);
    await until(() => desk.subscribed === 3);
    clock.advance(1_050);
    await until(() => running.server.stats()?.calls.expired === 2);
    clock.advance(1_000);
    for (const outcome of await outcomes) expect(outcome).toMatchObject({ reason: { code: 'ETIMEDOUT' } });
    expectLogged();
  });

  it('does not keep a server from closing, of a call and of an event', async () => {
    const running = await apps().serve([EndingController], { logger, gracefulShutdown: false });
    const client = apps().client([running]);
    const call = lastValueFrom(client.send('torn', {})).catch((error: unknown) => error);
    await emit(client, 'torn event');
    await until(() => desk.subscribed === 2);
    await until(() => running.server.stats()?.events.running === 1);
    await running.app.close();
    expect(await call).toMatchObject({ code: 'CLOSED' });
    expect(running.server.stats()).toBeUndefined();
    expect(errors.map(String)).toEqual([expect.stringContaining('torn'), expect.stringContaining('torn')]);
  });

  it('may complete as well', async () => {
    const running = await apps().serve([EndingController], { logger });
    const client = apps().client([running]);
    await emit(client, 'torn event');
    await until(() => running.server.stats()?.events.running === 1);
    expect(desk.complete).not.toThrow();
    await until(() => running.server.stats()?.events.running === 0);
    expectLogged();
  });
});

it('a processing end hook that throws is logged, and the places are given back', async () => {
  const running = await apps().serve([EndingController], { logger });
  running.server.setOnProcessingEndHook(() => {
    throw new TypeError('hook');
  });
  const client = apps().client([running]);
  expect(await firstValueFrom(client.send('value', 1))).toBe(1);
  desk.open();
  await emit(client, 'gated event');
  await until(() => ran.length === 2 && running.server.stats()?.events.running === 0);
  expect(running.server.stats()?.calls.running).toBe(0);
  expect(errors.map(String)).toEqual(['TypeError: hook', 'TypeError: hook']);
});

describe('while data is deserialized', () => {
  const deserializer = {
    deserialize: async (packet: { data: unknown }): Promise<unknown> => {
      if (packet.data !== 'at once') await desk.gate;
      return packet;
    },
  };

  async function start(clock?: ZmqClock): Promise<{ running: RunningServer; client: ZmqClient }> {
    const clocks = clock === undefined ? {} : { clock };
    const running = await apps().serve([EndingController], { deserializer, gracefulShutdown: false, ...clocks });
    return { running, client: apps().client([running], clocks) };
  }

  it('a call that its caller gives up is not run, nor one whose deadline passes', async () => {
    const clock = new ManualClock();
    const { running, client } = await start(clock);
    const given = client.send('value', 'given up').subscribe();
    const late = firstValueFrom(client.send('value', new ZmqRecordBuilder('late').setDeadline(1_000).build()));
    const outcome = late.catch((error: unknown) => error);
    await until(() => running.server.stats()?.calls.running === 2);
    given.unsubscribe();
    await until(() => running.server.stats()?.calls.cancelled === 1);
    clock.advance(1_050);
    expect(await outcome).toMatchObject({ code: 'ETIMEDOUT' });
    desk.open();
    await until(() => running.server.stats()?.calls.running === 0);
    expect(await firstValueFrom(client.send('value', 'at once'))).toBe('at once');
    expect(ran).toEqual(['at once']);
  });

  it('nor one whose deadline has passed, however late its timer', async () => {
    let now = 0;
    const { running, client } = await start({ now: () => now, setTimer: () => ({ cancel() {} }) });
    const late = firstValueFrom(client.send('value', new ZmqRecordBuilder('late').setDeadline(1_000).build()));
    const outcome = late.catch((error: unknown) => error);
    await until(() => running.server.stats()?.calls.running === 1);
    now = 1_001;
    desk.open();
    expect(await outcome).toMatchObject({ code: 'ETIMEDOUT' });
    expect(running.server.stats()?.calls).toMatchObject({ expired: 1, running: 0 });
    expect(ran).toEqual([]);
  });

  it('an event is not run when the server has closed', async () => {
    const { running, client } = await start();
    await emit(client, 'gated event');
    await until(() => running.server.stats()?.events.running === 1);
    await running.app.close();
    desk.open();
    await turns(3);
    expect(ran).toEqual([]);
  });
});

it('a stream of an event that comes when the server has closed is not begun', async () => {
  const running = await apps().serve([EndingController], { logger, gracefulShutdown: false });
  await emit(apps().client([running]), 'late stream');
  await until(() => running.server.stats()?.events.running === 1);
  await running.app.close();
  desk.open();
  await turns(3);
  expect(desk.subscribed).toBe(0);
});
