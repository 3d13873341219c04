import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MessagePattern, type MicroserviceOptions, Payload } from '@nestjs/microservices';
import { ZmqServer } from '@nest-zmq/transport';

@Controller()
class MathController {
  @MessagePattern('sum')
  sum(@Payload() numbers: number[]): number {
    return numbers.reduce((total, number) => total + number, 0);
  }
}

@Module({ controllers: [MathController] })
class MathModule {}

const app = await NestFactory.createMicroservice<MicroserviceOptions>(MathModule, {
  strategy: new ZmqServer({ bind: 'tcp://127.0.0.1:5555' }),
});
app.enableShutdownHooks(); // SIGTERM answers what is in flight, then stops
await app.listen();
