import 'reflect-metadata';
import { Controller, Get, Injectable, Module, type OnModuleDestroy } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern, MessagePattern, Payload } from '@nestjs/microservices';
import { ZmqModule, zmqMicroservice, ZmqServer, type ZmqServerOptions } from '@nest-zmq/transport';

/*
 * A hybrid application in a process of its own: HTTP, and the ZmqServer of forRoot. Its options are the argument. It
 * tells over the IPC channel where it listens, what runs, and whether what its handlers use was still there.
 */

@Injectable()
class Store implements OnModuleDestroy {
  #open = true;

  read(): string {
    return this.#open ? 'open' : 'destroyed';
  }

  onModuleDestroy(): void {
    this.#open = false;
    process.send?.({ event: 'store destroyed' });
  }
}

@Module({ providers: [Store], exports: [Store] })
class StoreModule {}

const released = new Promise((resolve) => process.once('message', resolve));

@Controller()
class HybridController {
  constructor(private readonly store: Store) {}

  @Get('state')
  state(): string {
    return this.store.read();
  }

  @MessagePattern('held')
  async held(@Payload() data: unknown): Promise<unknown> {
    process.send?.({ running: 'held' });
    await released;
    return [data, this.store.read()];
  }

  @EventPattern('held')
  async onHeld(@Payload() _data: unknown): Promise<void> {
    process.send?.({ running: 'event' });
    await released;
    process.send?.({ event: `event ${this.store.read()}` });
  }
}

const { http, ...server } = JSON.parse(process.argv[2] ?? '{}') as ZmqServerOptions & { http?: boolean };

@Module({
  imports: [
    ZmqModule.forRootAsync({
      useFactory: async () => {
        await new Promise((resolve) => setImmediate(resolve));
        return { server };
      },
    }),
    StoreModule,
  ],
  controllers: [HybridController],
})
class HybridModule {}

const logger = ['error', 'fatal'] as ('error' | 'fatal')[];
if (http === true) {
  const app = await NestFactory.create(HybridModule, { logger });
  const microservice = app.connectMicroservice(
    { strategy: app.get(ZmqServer) },
    { inheritAppConfig: true, deferInitialization: true },
  );
  app.enableShutdownHooks();
  await app.init();
  process.send?.({ listening: (await microservice.listen()) as unknown });
  await app.listen(0, '127.0.0.1');
} else {
  const app = await NestFactory.createMicroservice(HybridModule, { ...zmqMicroservice(), logger });
  app.enableShutdownHooks();
  process.send?.({ listening: (await app.listen()) as unknown });
}
