import { Controller, Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Ctx, EventPattern, MessagePattern, type MicroserviceOptions, Payload } from '@nestjs/microservices';
import { OnTask, ZmqContext, ZmqModule, ZmqServer, ZmqWorker } from '@nest-zmq/transport';

@Controller()
class ShopController {
  readonly #logger = new Logger('Shop');

  @MessagePattern('price')
  price(@Payload() items: string[], @Ctx() context: ZmqContext): number {
    this.#logger.log(`${context.getPeer().address} asks for a price`);
    return items.reduce((total, item) => total + item.length, 0);
  }

  @EventPattern('ordered')
  onOrdered(@Payload() { items }: { items: string[] }): void {
    this.#logger.log(`Ordered: ${items.join(', ')}`);
  }
}

@ZmqWorker('mails', { concurrency: 4 })
class MailWorker {
  readonly #logger = new Logger('Mails');

  @OnTask('confirm', { retry: { attempts: 3, delay: 500 } })
  async confirm(@Payload() { items, price }: { items: string[]; price: number }): Promise<void> {
    this.#logger.log(`Dear customer, ${items.join(', ')} will cost ${price}`);
  }
}

@Module({
  imports: [ZmqModule.registerWorkers({ pool: 'mails', connect: 'tcp://127.0.0.1:5562' })],
  controllers: [ShopController],
  providers: [MailWorker],
})
class ShopModule {}

const app = await NestFactory.createMicroservice<MicroserviceOptions>(ShopModule, {
  strategy: new ZmqServer({
    peerName: `shop-${process.pid}`,
    connect: 'tcp://127.0.0.1:5560',
    events: { connect: 'tcp://127.0.0.1:5561' },
  }),
});
app.enableShutdownHooks();
await app.listen();
