import { Logger, StandardSchemaValidationPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { RpcException } from '@nestjs/microservices';
import { zmqMicroservice } from '@nest-zmq/transport';
import { loggerFrom } from '../../demo-contract/logging.js';
import type { Refusal } from '../../demo-contract/messages.js';
import { stopWithParent, tellParent } from '../../demo-contract/parent-process.js';
import { readConfig } from './game-server.config.js';
import { GameServerModule } from './game-server.module.js';

stopWithParent();
const config = readConfig(process.env);
const { name, gateway } = config;

const app = await NestFactory.createMicroservice(GameServerModule.with(config), {
  ...zmqMicroservice(),
  logger: loggerFrom(process.env, name),
});
app.useGlobalPipes(
  new StandardSchemaValidationPipe({
    exceptionFactory: (issues) => new RpcException(invalid(issues.map(({ message }) => message).join('; '))),
  }),
);
// SIGTERM and SIGINT drain: the gateway sends nothing new, what runs is answered
app.enableShutdownHooks(undefined, { useProcessExit: true });
await app.listen();

Logger.log(`${name} plays for the gateway at ${gateway.calls}`, 'GameServer');
tellParent({ name });

function invalid(message: string): Refusal {
  return { code: 'INVALID', message, status: 400 };
}
