import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Ctx, MessagePattern, type MicroserviceOptions, Payload, RpcException } from '@nestjs/microservices';
import { ZmqClient, ZmqContext, ZmqRecordBuilder, ZmqServer } from '@nest-zmq/transport';
import { interval, lastValueFrom, type Observable, take, toArray } from 'rxjs';

@Controller()
class CatalogController {
  @MessagePattern('price')
  price(@Payload() item: string): number {
    if (item === '') throw new RpcException({ code: 'NO_ITEM', message: 'Which item?' });
    return item.length; // a value, or a promise of one
  }

  @MessagePattern('ticks')
  ticks(): Observable<number> {
    return interval(10); // a stream: it is unsubscribed when the caller unsubscribes
  }

  @MessagePattern('pages')
  async *pages(@Payload() count: number): AsyncGenerator<string> {
    for (let page = 1; page <= count; page++) yield `page ${page}`; // goes on when the caller has taken it
  }

  @MessagePattern('search.*') // one handler for search.tea, search.cake, …
  search(@Payload() words: string, @Ctx() context: ZmqContext): string {
    return `${context.getPattern()} for ${words}, asked by ${context.getHeaders()['user']}`;
  }

  @MessagePattern('slow')
  slow(@Ctx() context: ZmqContext): Promise<string> {
    return new Promise((_, reject) => {
      context.signal.addEventListener('abort', () => {
        console.log('server: nobody waits any more');
        reject(context.signal.reason as Error);
      });
    });
  }
}

@Module({ controllers: [CatalogController] })
class CatalogModule {}

// both in one program, to be short; between programs use tcp:// or ipc://
const app = await NestFactory.createMicroservice<MicroserviceOptions>(CatalogModule, {
  strategy: new ZmqServer({ bind: 'inproc://catalog' }),
  logger: false,
});
await app.listen();
const client = new ZmqClient({ connect: 'inproc://catalog', requestTimeout: 5_000 });

console.log(await lastValueFrom(client.send<number>('price', 'tea')));
console.log(await lastValueFrom(client.send<number>('price', '')).catch((error: unknown) => error));
console.log(await lastValueFrom(client.send<number>('ticks', {}).pipe(take(3), toArray())));
console.log(await lastValueFrom(client.send<string>('pages', 3).pipe(toArray())));

const words = new ZmqRecordBuilder('green').setHeaders({ user: 'ann' }).build();
console.log(await lastValueFrom(client.send<string>('search.tea', words)));

const late = new ZmqRecordBuilder('x').setDeadline(50).build(); // 50 ms for the whole call; the server knows
const error: unknown = await lastValueFrom(client.send('slow', late)).catch((cause: unknown) => cause);
console.log(`client: ${(error as Error).name}`);

await client.close();
await app.close();
