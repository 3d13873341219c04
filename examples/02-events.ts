import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Ctx, EventPattern, type MicroserviceOptions, Payload } from '@nestjs/microservices';
import { ZmqClient, ZmqContext, ZmqServer } from '@nest-zmq/transport';
import { lastValueFrom, Subject, take, tap } from 'rxjs';

const heard = new Subject<string>();

@Controller()
class MailController {
  @EventPattern('orders.paid')
  paid(@Payload() order: number): void {
    heard.next(`mail: order ${order} is paid`);
  }

  // both run: handlers do not stand in each other's way
  @EventPattern<string>('orders.*') // one more token; 'orders.>' is one or more
  any(@Payload() order: number, @Ctx() context: ZmqContext): void {
    heard.next(`mail: ${context.getPattern()} ${order}`);
  }
}

@Controller()
class LedgerController {
  // one at a time, in order; 100 may wait, what comes then is dropped and counted
  @EventPattern('orders.paid', { concurrency: 1, maxWaiting: 100 })
  async paid(@Payload() order: number): Promise<void> {
    heard.next(`ledger: order ${order}`);
  }
}

@Module({ controllers: [MailController] })
class MailModule {}

@Module({ controllers: [LedgerController] })
class LedgerModule {}

const mail = await NestFactory.createMicroservice<MicroserviceOptions>(MailModule, {
  strategy: new ZmqServer({ events: { bind: 'inproc://mail' } }),
  logger: false,
});
const ledger = await NestFactory.createMicroservice<MicroserviceOptions>(LedgerModule, {
  strategy: new ZmqServer({ events: { bind: 'inproc://ledger' } }),
  logger: false,
});
await mail.listen();
await ledger.listen();
const shop = new ZmqClient({ events: { connect: ['inproc://mail', 'inproc://ledger'] } });

const fourLines = lastValueFrom(heard.pipe(tap(console.log), take(4)));
// waits until both servers have subscribed: nothing is lost
await lastValueFrom(shop.emit('orders.paid', 1), { defaultValue: undefined });
await lastValueFrom(shop.emit('orders.sent', 1), { defaultValue: undefined });
await fourLines;

await shop.close();
await mail.close();
await ledger.close();
