import { Body, Controller, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { InjectZmqClient, InjectZmqPool, ZmqClient, ZmqModule, ZmqPool } from '@nest-zmq/transport';
import { lastValueFrom } from 'rxjs';

@Controller('orders')
class OrdersController {
  constructor(
    @InjectZmqClient('shop') private readonly shop: ZmqClient,
    @InjectZmqPool('mails') private readonly mails: ZmqPool,
  ) {}

  @Post()
  async order(@Body() items: string[]): Promise<{ price: number }> {
    const price = await lastValueFrom(this.shop.send<number>('price', items)); // a call: one shop server answers
    this.shop.emit('ordered', { items }); // an event: all of them hear it
    await this.mails.push('confirm', { items, price }); // a task: one free worker takes it
    return { price };
  }
}

@Module({
  imports: [
    ZmqModule.registerClient({
      name: 'shop',
      bind: 'tcp://127.0.0.1:5560',
      events: { bind: 'tcp://127.0.0.1:5561' },
    }),
    ZmqModule.registerPool({ name: 'mails', bind: 'tcp://127.0.0.1:5562' }),
  ],
  controllers: [OrdersController],
})
class GatewayModule {}

const app = await NestFactory.create(GatewayModule);
app.enableShutdownHooks();
await app.listen(3000, '127.0.0.1');
