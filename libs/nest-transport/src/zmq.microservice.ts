import type { AsyncMicroserviceOptions } from '@nestjs/microservices';
import { ZmqServer } from './zmq.server.js';

/**
 * Options for `NestFactory.createMicroservice(AppModule, …)` and `app.connectMicroservice(…)` that take the server of
 * `ZmqModule.forRoot(Async)`. They are the way to options that must be awaited: Nest calls the factory of a microservice
 * without waiting, and starts a TCP server on port 3000 when it gives a promise; `forRootAsync` is awaited.
 *
 * @example
 * const app = await NestFactory.createMicroservice(AppModule, zmqMicroservice());
 */
export function zmqMicroservice(): AsyncMicroserviceOptions {
  return { inject: [ZmqServer], useFactory: (server: ZmqServer) => ({ strategy: server }) };
}
