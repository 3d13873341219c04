import 'reflect-metadata';
import { Module, type OnModuleDestroy } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { OnTask, ZmqModule, ZmqWorker } from '@nest-zmq/transport';

/*
 * A worker of the pool 'jobs' in a process of its own: its arguments are the endpoint and the concurrency. It tells over
 * the IPC channel which jobs start and end; they run until it is told anything.
 */

const [endpoint = '', concurrency = '1'] = process.argv.slice(2);
const released = new Promise((resolve) => process.once('message', resolve));

@ZmqWorker('jobs', { concurrency: Number(concurrency) })
class JobWorker implements OnModuleDestroy {
  #destroyed = false;

  @OnTask('job')
  async run(job: unknown): Promise<void> {
    process.send?.({ started: job });
    await released;
    process.send?.({ done: job, destroyed: this.#destroyed });
  }

  onModuleDestroy(): void {
    this.#destroyed = true;
  }
}

@Module({ imports: [ZmqModule.registerWorkers({ pool: 'jobs', connect: endpoint })], providers: [JobWorker] })
class WorkerModule {}

const app = await NestFactory.createApplicationContext(WorkerModule, { logger: ['error', 'warn'] });
app.enableShutdownHooks();
process.send?.({ ready: true });
