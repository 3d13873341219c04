import 'reflect-metadata';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Ctx, EventPattern, MessagePattern, type MicroserviceOptions, Payload } from '@nestjs/microservices';
import { type ZmqContext, ZmqServer, type ZmqServerOptions } from '@nest-zmq/transport';
import { NEVER, type Observable } from 'rxjs';

/*
 * A server in a process of its own, so that it can be killed. Its options are the
 * argument; it tells its endpoints, and each event, over the IPC channel.
 */

@Controller()
class ProcessController {
  @MessagePattern('pid')
  pid(): number {
    return process.pid;
  }

  @MessagePattern('never')
  never(): Observable<never> {
    process.send?.({ running: 'never' });
    return NEVER;
  }

  /** Answers when told to, over the IPC channel. */
  @MessagePattern('held')
  held(@Payload() data: unknown, @Ctx() ctx: ZmqContext): Promise<unknown> {
    process.send?.({ running: 'held' });
    return new Promise((resolve, reject) => {
      ctx.signal.addEventListener('abort', () => reject(new Error('cancelled')));
      process.once('message', () => resolve(data));
    });
  }

  @EventPattern('tick')
  tick(@Payload() data: unknown): void {
    process.send?.({ event: data });
  }
}

@Module({ controllers: [ProcessController] })
class ProcessModule {}

const options = JSON.parse(process.argv[2] ?? '{}') as ZmqServerOptions;
const app = await NestFactory.createMicroservice<MicroserviceOptions>(ProcessModule, {
  strategy: new ZmqServer(options),
  logger: ['error', 'fatal'],
});
app.enableShutdownHooks();
process.send?.({ listening: (await app.listen()) as unknown });
