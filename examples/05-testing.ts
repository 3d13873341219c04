import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Controller, Injectable, Module } from '@nestjs/common';
import { MessagePattern, type MicroserviceOptions, Payload } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import {
  getZmqClientToken,
  getZmqPoolToken,
  InjectZmqClient,
  OnTask,
  ZmqClient,
  ZmqModule,
  ZmqPool,
  ZmqWorker,
} from '@nest-zmq/transport';
import { createTestTransport } from '@nest-zmq/transport/testing';
import { lastValueFrom } from 'rxjs';

@Controller()
class MathController {
  @MessagePattern('sum')
  sum(@Payload() numbers: number[]): number {
    return numbers.reduce((total, number) => total + number, 0);
  }
}

@Injectable()
class Cashier {
  constructor(@InjectZmqClient('math') private readonly math: ZmqClient) {}

  total(prices: number[]): Promise<number> {
    return lastValueFrom(this.math.send<number>('sum', prices));
  }
}

@Module({
  imports: [ZmqModule.registerClient({ name: 'math', connect: 'tcp://math.internal:5555' })],
  providers: [Cashier],
})
class ShopModule {}

@ZmqWorker('orders')
class OrderWorker {
  @OnTask('price')
  price(@Payload() items: string[]): number {
    return items.reduce((total, item) => total + item.length, 0);
  }
}

void test('a handler answers', async () => {
  const transport = createTestTransport(); // a server and a client, joined in this process: no port
  const module = await Test.createTestingModule({ controllers: [MathController] }).compile();
  const app = module.createNestMicroservice<MicroserviceOptions>({ strategy: transport.strategy });
  await app.listen();

  assert.equal(await lastValueFrom(transport.client.send('sum', [1, 2, 3])), 6);

  await app.close();
  await transport.close();
});

void test('a module gets the test client in the place of its own', async () => {
  const transport = createTestTransport();
  const shop = await Test.createTestingModule({ imports: [ShopModule] })
    .overrideProvider(getZmqClientToken('math'))
    .useValue(transport.client)
    .compile();
  const math = await Test.createTestingModule({ controllers: [MathController] }).compile();
  const app = math.createNestMicroservice<MicroserviceOptions>({ strategy: transport.strategy });
  await app.listen();

  assert.equal(await shop.get(Cashier).total([4, 5]), 9);

  await app.close();
  await shop.close();
  await transport.close();
});

void test('a worker does a task', async () => {
  const transport = createTestTransport();
  const module = await Test.createTestingModule({
    imports: [
      ZmqModule.registerPool({ name: 'orders', ack: 'explicit', ...transport.poolOptions('orders') }),
      ZmqModule.registerWorkers({ pool: 'orders', ack: 'explicit', ...transport.workersOptions('orders') }),
    ],
    providers: [OrderWorker],
  }).compile();
  await module.init(); // only now the worker takes tasks

  const orders = module.get<ZmqPool>(getZmqPoolToken('orders'));
  assert.equal(await orders.run('price', ['tea', 'cake']), 7);

  await module.close();
  await transport.close();
});
