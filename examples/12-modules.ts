import { Controller, Module } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { InjectZmqClient, ZmqClient, ZmqModule, zmqMicroservice } from '@nest-zmq/transport';
import { lastValueFrom, map, type Observable } from 'rxjs';

@Controller()
class CartController {
  constructor(@InjectZmqClient('prices') private readonly prices: ZmqClient) {}

  @MessagePattern('price')
  price(@Payload() item: string): number {
    return item.length;
  }

  @MessagePattern('cart')
  cart(@Payload() item: string): Observable<string> {
    return this.prices.send<number>('price', item).pipe(map((price: number) => `${item} costs ${price}`));
  }
}

const config = ConfigModule.forRoot({ ignoreEnvFile: true, load: [() => ({ PRICES: 'tcp://127.0.0.1:5564' })] });

@Module({
  imports: [
    config,
    ZmqModule.forRootAsync({
      imports: [config],
      inject: [ConfigService],
      useFactory: async (values: ConfigService) => ({
        reconnect: { maxDelay: 5_000 }, // for all clients and pools
        server: { peerName: 'carts-1', bind: values.getOrThrow<string>('PRICES') },
      }),
    }),
    ZmqModule.registerClientAsync({
      name: 'prices',
      imports: [config],
      inject: [ConfigService],
      useFactory: (values: ConfigService) => ({ connect: values.getOrThrow<string>('PRICES') }),
    }),
  ],
  controllers: [CartController],
})
class CartModule {}

const app = await NestFactory.createMicroservice(CartModule, { ...zmqMicroservice(), logger: ['error', 'warn'] });
await app.listen();

const client = new ZmqClient({ connect: 'tcp://127.0.0.1:5564' });
console.log(await lastValueFrom(client.send<string>('cart', 'tea')));
await client.close();
await app.close();
