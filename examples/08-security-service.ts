import { Controller, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Ctx, MessagePattern, type MicroserviceOptions } from '@nestjs/microservices';
import type { ZapRequest } from '@nest-zmq/core';
import {
  ZapHandler,
  type ZmqAdmission,
  type ZmqAuthenticator,
  ZmqContext,
  ZmqModule,
  ZmqServer,
} from '@nest-zmq/transport';

// Keys for this example only: `npx -p @nest-zmq/core nest-zmq keygen --json` makes yours.
const { SERVER_SECRET = 'JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6' } = process.env;
const { CLIENT_PUBLIC = 'Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID' } = process.env;

@ZapHandler()
@Injectable()
class Customers implements ZmqAuthenticator {
  readonly #names = new Map([[CLIENT_PUBLIC, 'shop-7']]);

  // might as well look into a database
  async authenticate({ publicKey }: ZapRequest): Promise<ZmqAdmission> {
    const userId = this.#names.get(publicKey);
    return userId !== undefined && { userId };
  }
}

@Controller()
class GreetingController {
  @MessagePattern('greet')
  greet(@Ctx() context: ZmqContext): string {
    return `Hello, ${context.getUserId()}`;
  }
}

@Module({
  imports: [ZmqModule.registerAuthenticator()],
  controllers: [GreetingController],
  providers: [Customers],
})
class SecureModule {}

const app = await NestFactory.createMicroservice<MicroserviceOptions>(SecureModule, {
  strategy: new ZmqServer({
    bind: 'tcp://127.0.0.1:5572',
    security: { mechanism: 'CURVE', secretKey: SERVER_SECRET },
  }),
});
app.enableShutdownHooks();
await app.listen();
