import { Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Ctx, Payload } from '@nestjs/microservices';
import { OnTask, OnTaskFailure, ZmqModule, ZmqTaskContext, type ZmqTaskFailure, ZmqWorker } from '@nest-zmq/transport';

@ZmqWorker('images', { concurrency: 4 })
class ImageWorker {
  readonly #logger = new Logger('Images');

  @OnTask('resize', { retry: { attempts: 3, delay: 500 } })
  async resize(@Payload() { file, width }: { file: string; width: number }, @Ctx() context: ZmqTaskContext) {
    this.#logger.log(`${file}: ${width} pixels wide (attempt ${context.getAttempt()})`);
  }

  @OnTaskFailure()
  async onFailure({ task, attempts }: ZmqTaskFailure) {
    this.#logger.warn(`${task} given up after ${attempts} attempts`);
  }
}

@Module({
  imports: [ZmqModule.registerWorkers({ pool: 'images', connect: 'tcp://127.0.0.1:5558' })],
  providers: [ImageWorker],
})
class WorkerModule {}

const app = await NestFactory.createApplicationContext(WorkerModule);
app.enableShutdownHooks();
