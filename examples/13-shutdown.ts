import { Controller, Get, Injectable, Module, type OnModuleDestroy } from '@nestjs/common';
import { HttpAdapterHost, NestFactory } from '@nestjs/core';
import { MessagePattern, type MicroserviceOptions } from '@nestjs/microservices';
import { ZmqModule, ZmqServer } from '@nest-zmq/transport';

@Controller()
class TimeController {
  @Get('time')
  @MessagePattern('time')
  time(): { year: number } {
    return { year: new Date().getFullYear() };
  }
}

/** Takes no more HTTP requests, and finishes those that it has, before anything else is stopped. */
@Injectable()
class HttpFirst implements OnModuleDestroy {
  constructor(private readonly host: HttpAdapterHost) {}

  async onModuleDestroy(): Promise<void> {
    await this.host.httpAdapter.close();
  }
}

@Module({
  imports: [ZmqModule.forRoot({ server: { bind: 'tcp://127.0.0.1:5565', gracePeriod: 30_000 } })],
  controllers: [TimeController],
  providers: [HttpFirst],
})
class TimeModule {}

const app = await NestFactory.create(TimeModule);
app.connectMicroservice<MicroserviceOptions>(
  { strategy: app.get(ZmqServer) },
  { inheritAppConfig: true, deferInitialization: true }, // global pipes, guards, … that are set below count as well
);
app.enableShutdownHooks();
await app.init();
await app.startAllMicroservices();
await app.listen(3000, '127.0.0.1');
