import { Injectable, Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { getZmqPoolToken, OnDeadLetter, ZmqModule, type ZmqDeadLetter, type ZmqPool } from '@nest-zmq/transport';

@Injectable()
class FailedOrders {
  readonly #logger = new Logger('FailedOrders');

  @OnDeadLetter('orders') // pushed tasks that are given up
  keep({ task, data, reason }: ZmqDeadLetter<{ id: number }>): void {
    this.#logger.log(`${task} ${data.id}: ${reason}`);
  }
}

@Module({
  imports: [ZmqModule.registerPool({ name: 'orders', bind: 'tcp://127.0.0.1:5563', ack: 'explicit' })],
  providers: [FailedOrders],
})
class ShopModule {}

const app = await NestFactory.createApplicationContext(ShopModule);
const orders = app.get<ZmqPool>(getZmqPoolToken('orders'));

await orders.push('ship', { id: 1 }); // kept here until a worker has done it
await orders.push('ship', { id: 2 });
const price = await orders.run<number>('price', ['tea', 'cake'], { deadline: 30_000 }); // the handler's result
console.log(`tea and cake: ${price}`);
await app.close(); // waits for the workers' answers, at most gracePeriod
