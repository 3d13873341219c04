import { Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Ctx, Payload } from '@nestjs/microservices';
import { OnTask, ZmqFinalError, ZmqModule, ZmqTaskContext, ZmqWorker } from '@nest-zmq/transport';

@ZmqWorker('orders', { concurrency: 4 })
class OrderWorker {
  readonly #logger = new Logger('Orders');

  @OnTask('ship', { retry: { attempts: 5, delay: 200, backoff: 2 } })
  async ship(@Payload() { id }: { id: number }, @Ctx() context: ZmqTaskContext): Promise<void> {
    if (id === 2) throw new ZmqFinalError('no such address'); // no further attempt: a dead letter
    // 'redelivered': an earlier run may have got this far before its worker was lost
    this.#logger.log(`Order ${id} is shipped${context.redelivered ? ', or was already' : ''}`);
  }

  @OnTask('price')
  price(@Payload() items: string[]): number {
    return items.reduce((total, item) => total + item.length, 0);
  }
}

@Module({
  imports: [ZmqModule.registerWorkers({ pool: 'orders', connect: 'tcp://127.0.0.1:5563', ack: 'explicit' })],
  providers: [OrderWorker],
})
class WorkerModule {}

const app = await NestFactory.createApplicationContext(WorkerModule);
app.enableShutdownHooks();
