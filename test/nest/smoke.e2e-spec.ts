import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern, MessagePattern, Payload } from '@nestjs/microservices';
import { ZmqClient, ZmqServer } from '@nest-zmq/transport';
import { firstValueFrom, from, lastValueFrom, toArray } from 'rxjs';

const seen: unknown[] = [];
@Controller()
class MathController {
  @MessagePattern('sum') sum(@Payload() data: number[]) { return data.reduce((a, b) => a + b, 0); }
  @MessagePattern({ cmd: 'stream' }) stream(@Payload() n: number) { return from(Array.from({ length: n }, (_, i) => i)); }
  @EventPattern('tick') tick(@Payload() data: unknown) { seen.push(data); }
}
@Module({ controllers: [MathController] })
class AppModule {}

it('smoke', async () => {
  const server = new ZmqServer({ bind: 'tcp://127.0.0.1:*', events: { bind: 'tcp://127.0.0.1:*' } });
  const app = await NestFactory.createMicroservice(AppModule, { strategy: server, logger: ['error'] });
  const info = (await app.listen()) as unknown as { calls: string[]; events: string[] };
  console.log(info);
  const client = new ZmqClient({ connect: info.calls, events: { connect: info.events } });
  console.log("c"); await client.connect(); console.log("connected");
  expect(await firstValueFrom(client.send('sum', [1, 2, 3]))).toBe(6);console.log("sum");
  expect(await firstValueFrom(client.send({ cmd: 'stream' }, 5).pipe(toArray()))).toEqual([0, 1, 2, 3, 4]); console.log('stream', client.stats());
  await lastValueFrom(client.emit('tick', 1));console.log("emitted");
  await expect(firstValueFrom(client.send('nope', 1))).rejects.toMatchObject({ code: 'NO_HANDLER' });
  console.log(client.servers(), client.stats(), server.stats(), seen);
  await app.close();
  console.log('app closed');
  await client.close();
});
