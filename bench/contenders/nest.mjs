import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClientProxyFactory, EventPattern, MessagePattern, Transport } from '@nestjs/microservices';
import { OnTask, ZmqClient, ZmqModule, ZmqPool, ZmqServer, ZmqWorker } from '@nest-zmq/transport';
import { versionOfPackage } from '../brokers/packages.mjs';
import { freePort } from '../brokers/program.mjs';
import { applicationOf, decorateHandler, echo, serve } from './nest-application.mjs';

/*
 * What every contender has, of these as many as its transport can do:
 *   calls          listen(broker) and client(endpoint): what `client.send()` is for
 *   events, tasks  listen(handler, broker) and sender(endpoint), which gives the function that sends one
 * `listen` gives the endpoint, `broker` is the address of the contender's own, if it has one.
 */

/** All of Nest's own transports emit alike. */
export async function emitterOf(client) {
  await client.connect();
  return (data) => client.emit('bench', data);
}

const bind = 'tcp://127.0.0.1:*';
// A publisher drops what is above the mark, and every event is to be counted.
const noMarks = {
  sendHighWaterMark: 0,
  sendHighWaterMarkBytes: 0,
  receiveHighWaterMark: 0,
  receiveHighWaterMarkBytes: 0,
};

/** @param ack the guarantee that the tasks have, see docs/pools.md */
function pool(ack) {
  // A PULL has tasks in its buffers; without any here, the way to the pool and back would be measured.
  const prefetch = ack === 'explicit' ? 63 : undefined;
  return {
    async listen(handler) {
      class BenchWorker {
        handle(data) {
          return handler(data);
        }
      }
      ZmqWorker('bench')(BenchWorker);
      decorateHandler(BenchWorker, OnTask('bench'));
      const endpoint = `tcp://127.0.0.1:${await freePort()}`;
      class WorkerModule {}
      Module({
        imports: [ZmqModule.registerWorkers({ pool: 'bench', bind: endpoint, ack, prefetch })],
        providers: [BenchWorker],
      })(WorkerModule);
      await NestFactory.createApplicationContext(WorkerModule);
      return endpoint;
    },
    async sender(connect) {
      const pool = new ZmqPool('bench', { connect, ack });
      await pool.open();
      return (data) => pool.push('bench', data);
    },
  };
}

function calls(options) {
  return {
    async listen() {
      const module = applicationOf(MessagePattern('bench'), echo);
      const { calls } = await serve(module, { strategy: new ZmqServer({ bind, ...options }) });
      return calls[0];
    },
    client: (connect) => new ZmqClient({ connect, ...options }),
  };
}

export const zmq = {
  name: 'ZmqServer, ZmqClient, ZmqPool (tcp loopback)',
  version: 'this checkout',

  calls: calls({}),

  events: {
    async listen(handler) {
      const module = applicationOf(EventPattern('bench'), handler);
      const { events } = await serve(module, { strategy: new ZmqServer({ bind, events: { bind }, ...noMarks }) });
      return events[0];
    },
    sender: (connect) => emitterOf(new ZmqClient({ events: { connect }, ...noMarks })),
  },

  tasks: pool('none'),
};

const busyPoll = 200;
/** Both ends poll for the next message in place of sleeping. */
export const zmqPolling = {
  name: `ZmqServer, ZmqClient (busyPoll: ${busyPoll})`,
  version: 'this checkout',
  calls: calls({ busyPoll }),
};

/** Tasks with acknowledgement: at least once. */
export const zmqAcked = {
  name: 'ZmqPool with acknowledgement (tcp loopback)',
  version: 'this checkout',
  tasks: pool('explicit'),
};

const tcpOptions = (port) => ({ transport: Transport.TCP, options: { host: '127.0.0.1', port: Number(port) } });
const tcpClient = (port) => ClientProxyFactory.create(tcpOptions(port));

async function listenOnTcp(module) {
  const port = await freePort();
  await serve(module, tcpOptions(port));
  return String(port);
}

export const tcp = {
  name: 'Nest’s Transport.TCP',
  version: `@nestjs/microservices ${versionOfPackage('@nestjs/microservices')}`,
  calls: {
    listen: () => listenOnTcp(applicationOf(MessagePattern('bench'), echo)),
    client: tcpClient,
  },
  events: {
    listen: (handler) => listenOnTcp(applicationOf(EventPattern('bench'), handler)),
    sender: (port) => emitterOf(tcpClient(port)),
  },
};
