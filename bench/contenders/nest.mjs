import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClientProxyFactory, MessagePattern, Payload, Transport } from '@nestjs/microservices';
import { ZmqClient, ZmqServer } from '@nest-zmq/transport';

/** The same application behind every transport: one handler that gives back what it gets. */
class EchoController {
  echo(data) {
    return data;
  }
}
Controller()(EchoController);
MessagePattern('echo')(
  EchoController.prototype,
  'echo',
  Object.getOwnPropertyDescriptor(EchoController.prototype, 'echo'),
);
Payload()(EchoController.prototype, 'echo', 0);

class EchoModule {}
Module({ controllers: [EchoController] })(EchoModule);

async function serve(options) {
  const app = await NestFactory.createMicroservice(EchoModule, { ...options, logger: ['error', 'fatal'] });
  return app.listen();
}

export const zmq = {
  name: 'ZmqServer, ZmqClient (tcp loopback)',
  version: 'this checkout',
  async listen() {
    const { calls } = await serve({ strategy: new ZmqServer({ bind: 'tcp://127.0.0.1:*' }) });
    return calls[0];
  },
  client: (connect) => new ZmqClient({ connect }),
};

const manifest = new URL('../../node_modules/@nestjs/microservices/package.json', import.meta.url);
const { version } = JSON.parse(readFileSync(manifest, 'utf8'));

export const tcp = {
  name: 'Nest’s Transport.TCP',
  version,
  async listen() {
    const port = 20_000 + (process.pid % 20_000);
    await serve({ transport: Transport.TCP, options: { host: '127.0.0.1', port } });
    return String(port);
  },
  client: (port) =>
    ClientProxyFactory.create({ transport: Transport.TCP, options: { host: '127.0.0.1', port: Number(port) } }),
};
