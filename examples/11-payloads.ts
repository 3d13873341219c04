import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MessagePattern, type MicroserviceOptions, Payload } from '@nestjs/microservices';
import { ZmqClient, ZmqServer } from '@nest-zmq/transport';
import { msgpackCodec } from '@nest-zmq/transport/msgpack';
import { protobufCodec } from '@nest-zmq/transport/protobuf';
import protobuf from 'protobufjs';
import { lastValueFrom } from 'rxjs';

const connect = 'tcp://127.0.0.1:5563';
const { root } = protobuf.parse(`
  syntax = "proto3";
  message Picture { string name = 1; bytes pixels = 2; }
  message Size { uint32 bytes = 1; }
`);
const types = { size: { request: 'Picture', reply: 'Size' } };
const [msgpack, proto] = [msgpackCodec(), protobufCodec({ root, types })];

@Controller()
class PictureController {
  @MessagePattern('size')
  size(@Payload() { pixels }: { name: string; pixels: Uint8Array }): { bytes: number } {
    return { bytes: pixels.length };
  }
}

@Module({ controllers: [PictureController] })
class PictureModule {}

const app = await NestFactory.createMicroservice<MicroserviceOptions>(PictureModule, {
  // reads both, and JSON; answers each caller in what it asked in
  strategy: new ZmqServer({ bind: connect, codec: [msgpack, proto] }),
  logger: ['error', 'warn'],
});
await app.listen();

const picture = { name: 'cat', pixels: Buffer.from([0, 255, 0]) };
for (const codec of [msgpack, proto]) {
  const client = new ZmqClient({ connect, codec });
  const { bytes } = await lastValueFrom(client.send<{ bytes: number }>('size', picture));
  console.log(`${codec.contentType}: ${bytes} bytes`);
  await client.close();
}
await app.close();
