import { Controller, Get, Inject, Module, NotFoundException, Param, UseFilters } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type ClientProxy, MessagePattern, type MicroserviceOptions, Payload } from '@nestjs/microservices';
import { getZmqClientToken, HttpToRpcExceptionFilter, ZmqModule, ZmqServer } from '@nest-zmq/transport';
import type { Observable } from 'rxjs';

@Controller()
@UseFilters(new HttpToRpcExceptionFilter()) // without it the caller gets "Internal server error"
class OrdersController {
  @MessagePattern('find')
  find(@Payload() id: string): string {
    if (id !== '1') throw new NotFoundException(`There is no order ${id}`);
    return 'tea and cake';
  }
}

@Module({ controllers: [OrdersController] })
class OrdersModule {}

@Controller('orders')
class GatewayController {
  constructor(@Inject(getZmqClientToken('orders')) private readonly orders: ClientProxy) {}

  @Get(':id')
  find(@Param('id') id: string): Observable<string> {
    return this.orders.send<string>('find', id); // a 404 of the service is a 404 here
  }
}

@Module({
  imports: [ZmqModule.registerClient({ name: 'orders', connect: 'inproc://orders' })],
  controllers: [GatewayController],
})
class GatewayModule {}

const service = await NestFactory.createMicroservice<MicroserviceOptions>(OrdersModule, {
  strategy: new ZmqServer({ bind: 'inproc://orders' }),
  logger: false,
});
await service.listen();
const gateway = await NestFactory.create(GatewayModule, { logger: false });
await gateway.listen(3000, '127.0.0.1');

for (const id of [1, 2]) {
  const response = await fetch(`http://127.0.0.1:3000/orders/${id}`);
  console.log(response.status, await response.text());
}

await gateway.close();
await service.close();
