/*
 * Types that hold, and types that must not. It is compiled by `npm run typecheck`: each `@ts-expect-error`
 * is a mistake that the compiler has to find.
 */
import { Controller, Injectable } from '@nestjs/common';
import {
  ClientProxyFactory,
  ClientsModule,
  Ctx,
  EventPattern,
  MessagePattern,
  type MicroserviceOptions,
  Payload,
} from '@nestjs/microservices';
import { NestFactory } from '@nestjs/core';
import {
  OnDeadLetter,
  OnTask,
  OnTaskFailure,
  type ZmqClientEvents,
  ZmqClient,
  type ZmqClientSockets,
  ZmqContext,
  type ZmqDeadLetter,
  type ZmqEventHandlerOptions,
  type ZmqListenInfo,
  ZmqModule,
  type ZmqPool,
  ZmqRecord,
  ZmqRecordBuilder,
  ZmqServer,
  ZmqTaskContext,
  type ZmqTaskFailure,
  ZmqWorker,
  ZMQ_TRANSPORT,
} from '@nest-zmq/transport';
import { createTestTransport } from '@nest-zmq/transport/testing';
import type { Dealer } from '@nest-zmq/core';
import type { Observable } from 'rxjs';

/** The events of an application, by topic. */
type Events = {
  'order.created': { readonly id: string; readonly total: number };
  'order.paid': { readonly id: string };
};

@Controller()
export class TypedHandlers {
  @EventPattern<Pick<Events, 'order.created'>>('order.created')
  created(data: Events['order.created']): number {
    return data.total;
  }

  // With the transport's id and options of the handler, as Nest's decorator has them.
  @EventPattern<Pick<Events, 'order.paid'>>('order.paid', ZMQ_TRANSPORT, {
    concurrency: 1,
  } satisfies ZmqEventHandlerOptions)
  paid(data: Events['order.paid']): string {
    return data.id;
  }

  // @ts-expect-error the payload of this topic has no number in it
  @EventPattern<Pick<Events, 'order.paid'>>('order.paid')
  wrongPayload(data: number): number {
    return data;
  }

  // @ts-expect-error there is no such topic
  @EventPattern<Events>('order.lost')
  wrongTopic(data: Events['order.paid']): string {
    return data.id;
  }

  // @ts-expect-error an option that event handlers do not have
  @EventPattern('order.paid', { parallel: 1 } satisfies ZmqEventHandlerOptions)
  wrongOption(@Payload() data: Events['order.paid']): string {
    return data.id;
  }

  // Nest types the rest of the parameters as unknown, and so refuses one that has a type …
  // @ts-expect-error … with its typed form, which it takes for every text
  @EventPattern('order.paid')
  contextRefused(@Payload() data: Events['order.paid'], @Ctx() context: ZmqContext): string {
    return data.id + context.getPattern();
  }

  // … but for this form, which the documentation shows
  @EventPattern<string>('order.*', { concurrency: 1 } satisfies ZmqEventHandlerOptions)
  withContext(@Payload() data: Events['order.paid'], @Ctx() context: ZmqContext): string {
    return data.id + context.getPattern();
  }

  @MessagePattern<{ cmd: string; version: number }>({ cmd: 'find', version: 1 })
  find(@Payload() id: string, @Ctx() context: ZmqContext): string {
    return id + context.getPattern();
  }

  @MessagePattern<'find' | 'list'>('find', ZMQ_TRANSPORT)
  known(@Payload() id: string): string {
    return id;
  }

  // @ts-expect-error there is no such pattern
  @MessagePattern<'find' | 'list'>('lost')
  unknown(@Payload() id: string): string {
    return id;
  }

  // @ts-expect-error a pattern of another form
  @MessagePattern<{ cmd: string; version: number }>({ cmd: 'find' })
  incomplete(@Payload() id: string): string {
    return id;
  }
}

/** The tasks of a pool, by name. */
interface Tasks {
  readonly resize: { readonly file: string; readonly width: number };
  readonly forget: { readonly file: string };
}

@ZmqWorker('images', { concurrency: 4 })
export class TypedWorker {
  @OnTask<Pick<Tasks, 'resize'>>('resize', { retry: { attempts: 3, delay: 500 } })
  resize({ file, width }: Tasks['resize']): string {
    return `${file} ${width}`;
  }

  // With the context; a method may ask for less than there is.
  @OnTask<Pick<Tasks, 'resize'>>('resize')
  onlyFile(@Payload() { file }: { readonly file: string }, @Ctx() context: ZmqTaskContext): string {
    return `${file} ${context.attempt}`;
  }

  // A context is a ZmqContext; a promise, an Observable or nothing may come back.
  @OnTask<Pick<Tasks, 'forget'>>('forget')
  async forget({ file }: Tasks['forget'], context: ZmqContext): Promise<void> {
    await fetch(file, { signal: context.signal });
  }

  // Without types as Nest's MethodDecorators are.
  @OnTask('resize')
  untyped(@Payload() data: number, @Ctx() context: ZmqTaskContext): number {
    return data + context.attempt;
  }

  // @ts-expect-error the payload of this task is no number
  @OnTask<Pick<Tasks, 'resize'>>('resize')
  wrongPayload(data: number): number {
    return data;
  }

  // @ts-expect-error the payload has no such property
  @OnTask<Pick<Tasks, 'forget'>>('forget')
  wrongProperty({ width }: Tasks['resize']): number {
    return width;
  }

  // @ts-expect-error the second parameter is the context
  @OnTask<Pick<Tasks, 'resize'>>('resize')
  wrongContext(data: Tasks['resize'], attempt: number): string {
    return data.file + attempt;
  }

  // @ts-expect-error there is no such task
  @OnTask<Tasks>('enlarge')
  wrongTask(data: Tasks['resize'] | Tasks['forget']): string {
    return data.file;
  }

  // @ts-expect-error an option that tasks do not have
  @OnTask('resize', { attempts: 3 })
  wrongOption(data: Tasks['resize']): string {
    return data.file;
  }

  @OnTaskFailure()
  failed({ data, attempts, context }: ZmqTaskFailure<Tasks['resize']>): string {
    // @ts-expect-error the data has a type
    const text: string = data;
    return `${text} ${data.file} ${attempts} ${context.getPattern()}`;
  }
}

/** What tasks carry and bring is what is said. */
@Injectable()
export class TypedPusher {
  constructor(private readonly pool: ZmqPool) {}

  pushed(): void {
    const accepted: Promise<void> = this.pool.push<Tasks['resize']>('resize', { file: 'a', width: 1 });
    const record: Promise<void> = this.pool.push<Tasks['forget']>('forget', new ZmqRecord({ file: 'a' }, { by: 'b' }));
    void this.pool.push('anything', 1, { timeout: 2_000, signal: AbortSignal.timeout(1) });
    // @ts-expect-error a width is missing
    void this.pool.push<Tasks['resize']>('resize', { file: 'a' });
    // @ts-expect-error the same in a record
    void this.pool.push<Tasks['resize']>('resize', new ZmqRecord({ file: 'a' }));
    // @ts-expect-error nobody answers a push
    const answer: Promise<string> = this.pool.push('resize', 1);
    // @ts-expect-error a deadline is for run(), or in a record
    void this.pool.push('resize', 1, { deadline: 1 });
    void [accepted, record, answer];
  }

  async ran(): Promise<void> {
    const typed: string = await this.pool.run<string, Tasks['resize']>('resize', { file: 'a', width: 1 });
    const result: number = await this.pool.run<number>('price', ['tea'], { deadline: 1_000 });
    // Without types it is unknown, not any.
    const untyped = await this.pool.run('price', ['tea']);
    // @ts-expect-error what comes back is a number
    const wrong: string = await this.pool.run<number>('price', ['tea']);
    // @ts-expect-error nobody has said what comes back
    untyped.toFixed();
    // @ts-expect-error the input is a file and a width
    await this.pool.run<string, Tasks['resize']>('resize', { file: 'a' });
    void [typed, result, wrong];
  }

  @OnDeadLetter('images')
  keep({ data, reason }: ZmqDeadLetter<Tasks['forget']>): string {
    // @ts-expect-error there is no such reason
    if (reason === 'bored') return '';
    return data.file;
  }
}

/** What callers get and give is what they say. */
@Injectable()
export class TypedCaller {
  constructor(private readonly client: ZmqClient) {}

  answers(): void {
    const sum: Observable<number> = this.client.send<number>('sum', [1, 2, 3]);
    const typed: Observable<number> = this.client.send<number, number[]>('sum', [1, 2, 3]);
    const all: Observable<number> = this.client.sendToAll<number, number[]>('sum', [1]);
    // @ts-expect-error the input is a list of numbers
    this.client.send<number, number[]>('sum', 'no list');
    // @ts-expect-error the same for all servers
    this.client.sendToAll<number, number[]>('sum', 'no list');
    // @ts-expect-error what comes back is a number
    const text: Observable<string> = this.client.send<number>('sum', []);
    // Without types it is unknown, not any.
    const untyped: Observable<unknown> = this.client.send('sum', []);
    void [sum, typed, all, text, untyped];
  }

  records(): void {
    const record: ZmqRecord<{ id: string }> = new ZmqRecordBuilder({ id: 'a' }).setHeaders({ tenant: 'b' }).build();
    // @ts-expect-error headers are strings
    new ZmqRecordBuilder(1).setHeaders({ tenant: 1 });
    // @ts-expect-error the data has a type
    const other: ZmqRecord<number> = new ZmqRecordBuilder('text').build();
    void [record, other];
  }

  events(): void {
    this.client.on('disconnect', (peer, reason) => void [peer.address, reason.code]);
    // @ts-expect-error there is no such event
    this.client.on('gone', () => {});
    const names: keyof ZmqClientEvents = 'drain';
    const { calls }: { calls: Dealer | undefined } = this.client.unwrap<ZmqClientSockets>();
    void [names, calls];
  }
}

export async function typedApplication(module: new () => object): Promise<readonly string[]> {
  // Nest's own places for a strategy and a custom client take ours.
  const app = await NestFactory.createMicroservice<MicroserviceOptions>(module, {
    strategy: new ZmqServer({ bind: 'tcp://*:5555' }),
  });
  ClientProxyFactory.create({ customClass: ZmqClient, options: { connect: 'tcp://a:1' } });
  // Nest's module of clients, too.
  ClientsModule.register([{ name: 'A', customClass: ZmqClient, options: { connect: 'tcp://a:1' } }]);
  // @ts-expect-error an option that there is not
  new ZmqServer({ bindTo: 'tcp://*:5555' });
  // @ts-expect-error a wrong type
  new ZmqClient({ connect: 5555 });
  ZmqModule.registerClient({ name: 'a', connect: ['tcp://a:1', 'tcp://b:1'] });
  // @ts-expect-error a client has no concurrency
  ZmqModule.registerClient({ name: 'a', connect: 'tcp://a:1', maxConcurrency: 4 });
  // @ts-expect-error there is no such promise
  ZmqModule.registerPool({ name: 'images', bind: 'tcp://*:5557', ack: 'always' });
  // @ts-expect-error workers say whose they are
  ZmqModule.registerWorkers({ connect: 'tcp://a:1' });
  // @ts-expect-error the server's options have a place of their own
  ZmqModule.forRoot({ bind: 'tcp://*:5555' });
  const transport = createTestTransport({ servers: 2, client: { requestTimeout: 100 } });
  ZmqModule.registerPool({ name: 'images', ack: 'explicit', ...transport.poolOptions('images') });
  ZmqModule.registerWorkers({ pool: 'images', ack: 'explicit', ...transport.workersOptions('images') });
  // @ts-expect-error where it is, it says itself
  createTestTransport({ client: { connect: 'tcp://a:1' } });
  const { calls } = (await (app.listen() as Promise<unknown>)) as ZmqListenInfo;
  return calls;
}
