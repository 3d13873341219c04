import { Controller, Get, Header, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MessagePattern, type MicroserviceOptions } from '@nestjs/microservices';
import { HealthCheck, type HealthCheckResult, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { InjectZmqClient, ZmqClient, ZmqModule, ZmqServer } from '@nest-zmq/transport';
import { prometheusMetrics } from '@nest-zmq/transport/prometheus';
import { ZmqHealthIndicator } from '@nest-zmq/transport/terminus';
import { register } from 'prom-client';
import type { Observable } from 'rxjs';

@Controller()
class ObservedController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly zmq: ZmqHealthIndicator,
    @InjectZmqClient('hello') private readonly hello: ZmqClient,
  ) {}

  @MessagePattern('hello')
  greet(): string {
    return 'Hello';
  }

  @Get('hello')
  ask(): Observable<string> {
    return this.hello.send<string>('hello', {});
  }

  @Get('health')
  @HealthCheck()
  check(): Promise<HealthCheckResult> {
    return this.health.check([() => this.zmq.pingCheck('hello', this.hello, { minPeers: 1, timeout: 500 })]);
  }

  @Get('metrics')
  @Header('Content-Type', register.contentType)
  metrics(): Promise<string> {
    return register.metrics();
  }
}

@Module({
  imports: [
    TerminusModule,
    ZmqModule.forRoot({
      metrics: prometheusMetrics({ registry: register }),
      server: { peerName: 'hello-1', bind: 'tcp://127.0.0.1:5566' },
    }),
    ZmqModule.registerClient({ name: 'hello', connect: 'tcp://127.0.0.1:5566' }),
  ],
  controllers: [ObservedController],
  providers: [ZmqHealthIndicator],
})
class ObservedModule {}

const app = await NestFactory.create(ObservedModule);
app.connectMicroservice<MicroserviceOptions>({ strategy: app.get(ZmqServer) }, { inheritAppConfig: true });
app.enableShutdownHooks();
await app.startAllMicroservices();
await app.listen(3000, '127.0.0.1');
