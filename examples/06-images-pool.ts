import { Injectable, Module, type OnApplicationBootstrap } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { InjectZmqPool, ZmqModule, ZmqPool } from '@nest-zmq/transport';

@Injectable()
class Uploads implements OnApplicationBootstrap {
  constructor(@InjectZmqPool('images') private readonly images: ZmqPool) {}

  async onApplicationBootstrap(): Promise<void> {
    for (const file of ['cat.png', 'dog.png', 'owl.png']) {
      await this.images.push('resize', { file, width: 200 }); // waits while no worker can take it
    }
  }
}

@Module({
  imports: [ZmqModule.registerPool({ name: 'images', bind: 'tcp://127.0.0.1:5558' })],
  providers: [Uploads],
})
class UploadModule {}

const app = await NestFactory.createApplicationContext(UploadModule);
await app.close(); // what was accepted is still delivered
