import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern, type MicroserviceOptions, Payload } from '@nestjs/microservices';
import { ZmqClient, ZmqModule, ZmqServer } from '@nest-zmq/transport';
import { lastValueFrom, Subject, take, tap } from 'rxjs';

// In real life a program of its own, at an address that everybody knows. It stores nothing.
@Module({
  imports: [
    ZmqModule.registerForwarder({
      publishers: { bind: 'tcp://127.0.0.1:5570' },
      subscribers: { bind: 'tcp://127.0.0.1:5571' },
    }),
  ],
})
class ForwarderModule {}

const goals = new Subject<string>();

@Controller()
class ScreenController {
  @EventPattern('goal')
  goal(@Payload() team: string): void {
    goals.next(`screen: ${team}`);
  }
}

@Module({ controllers: [ScreenController] })
class ScreenModule {}

const forwarder = await NestFactory.createApplicationContext(ForwarderModule, { logger: false });

// any number of servers …
const screen = await NestFactory.createMicroservice<MicroserviceOptions>(ScreenModule, {
  strategy: new ZmqServer({ events: { connect: 'tcp://127.0.0.1:5571' } }),
  logger: false,
});
await screen.listen();

// … and of publishers: none knows the others, only the forwarder's address
const north = new ZmqClient({ events: { connect: 'tcp://127.0.0.1:5570' } });
const south = new ZmqClient({ events: { connect: 'tcp://127.0.0.1:5570' } });
const twoGoals = lastValueFrom(goals.pipe(tap(console.log), take(2)));
north.emit('goal', 'north');
south.emit('goal', 'south');
await twoGoals;

await north.close();
await south.close();
await screen.close();
await forwarder.close();
