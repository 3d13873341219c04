import { Logger, StandardSchemaValidationPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { ZmqServer } from '@nest-zmq/transport';
import { loggerFrom } from '../../demo-contract/logging.js';
import { stopWithParent, tellParent } from '../../demo-contract/parent-process.js';
import { ClusterErrorFilter } from './cluster/cluster-error.filter.js';
import { readConfig } from './gateway.config.js';
import { GatewayModule } from './gateway.module.js';

stopWithParent();
const config = await readConfig(process.env);
const { host, httpPort, address } = config;

// players on one side
const app = await NestFactory.create<NestExpressApplication>(GatewayModule.with(config), {
  logger: loggerFrom(process.env, 'gateway'),
});
app.useGlobalPipes(new StandardSchemaValidationPipe());
app.useGlobalFilters(new ClusterErrorFilter(app.getHttpAdapter()));

// game servers on the other: they call with their reports
const reports = app.connectMicroservice({ strategy: app.get(ZmqServer) }, { deferInitialization: true });
reports.useGlobalPipes(new StandardSchemaValidationPipe());

app.enableShutdownHooks(undefined, { useProcessExit: true });
await app.startAllMicroservices();
await app.listen(httpPort, host);

const http = await app.getUrl();
const gateway = `${address.host}:${address.port}`;
Logger.log(`Players: ${http}, game servers: GATEWAY=${gateway}`, 'Gateway');
tellParent({ http, gateway });
