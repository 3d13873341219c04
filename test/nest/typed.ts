/*
 * Types that hold, and types that must not. It is compiled by `npm run typecheck`: each `@ts-expect-error`
 * is a mistake that the compiler has to find.
 */
import { Controller, Injectable } from '@nestjs/common';
import {
  ClientProxyFactory,
  EventPattern,
  MessagePattern,
  type MicroserviceOptions,
  Payload,
} from '@nestjs/microservices';
import { NestFactory } from '@nestjs/core';
import {
  type ZmqClientEvents,
  ZmqClient,
  type ZmqClientSockets,
  type ZmqEventHandlerOptions,
  type ZmqListenInfo,
  ZmqRecord,
  ZmqRecordBuilder,
  ZmqServer,
  ZMQ_TRANSPORT,
} from '@nest-zmq/transport';
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

  @MessagePattern<{ cmd: string; version: number }>({ cmd: 'find', version: 1 })
  find(@Payload() id: string): string {
    return id;
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
  // @ts-expect-error an option that there is not
  new ZmqServer({ bindTo: 'tcp://*:5555' });
  // @ts-expect-error a wrong type
  new ZmqClient({ connect: 5555 });
  const { calls } = (await (app.listen() as Promise<unknown>)) as ZmqListenInfo;
  return calls;
}
