import {
  ClientMqtt,
  ClientNats,
  ClientRedis,
  ClientRMQ,
  EventPattern,
  MessagePattern,
  Transport,
} from '@nestjs/microservices';
import { versionOfPackage } from '../brokers/packages.mjs';
import { mosquitto, natsServer, rabbitmqServer, redisServer } from '../brokers/programs.mjs';
import { applicationOf, echo, serve } from './nest-application.mjs';
import { emitterOf } from './nest.mjs';

/**
 * Nest gives up its subscription to the replies whenever no call is open. Calls that start
 * in that moment may never be answered, and with one call at a time each subscribes anew.
 */
const keepingReplies = (Client) =>
  class extends Client {
    unsubscribeFromChannel(channel) {
      this.subscriptionsCount.set(channel, Math.max(1, this.subscriptionsCount.get(channel) - 1));
    }
  };

/**
 * Nest's own transport over a broker.
 * @param library the npm package that Nest uses
 * @param options of both sides, from the endpoint
 * @param endpointOf where both meet, from the broker's address
 * @param tasks more options of the receiver, and its pattern, where one of many receivers can get each event
 */
function overBroker({ title, program, library, transport, Client, options, endpointOf = (url) => url, tasks }) {
  const clientOf = (endpoint) => new Client(options(endpoint));
  const listen = async (module, broker, more = {}) => {
    const endpoint = endpointOf(broker);
    await serve(module, { transport, options: { ...options(endpoint), ...more } });
    return endpoint;
  };
  const listener = ({ pattern = 'bench', options: more } = {}) => ({
    listen: (handler, broker) => listen(applicationOf(EventPattern(pattern), handler), broker, more),
    sender: (endpoint) => emitterOf(clientOf(endpoint)),
  });
  return {
    name: `Nest’s ${title}`,
    get version() {
      return program.version && `${library} ${versionOfPackage(library)}, ${program.name} ${program.version}`;
    },
    program,
    calls: {
      listen: (broker) => listen(applicationOf(MessagePattern('bench'), echo), broker),
      client: clientOf,
    },
    events: listener(),
    tasks: tasks && listener(tasks),
  };
}

export const nats = overBroker({
  title: 'Transport.NATS',
  program: natsServer,
  library: '@nats-io/transport-node',
  transport: Transport.NATS,
  Client: ClientNats,
  options: (url) => ({ servers: [url] }),
  tasks: { options: { queue: 'workers' } },
});

export const redis = overBroker({
  title: 'Transport.REDIS, its replies kept subscribed',
  program: redisServer,
  library: 'ioredis',
  transport: Transport.REDIS,
  Client: keepingReplies(ClientRedis),
  options(url) {
    const { hostname, port } = new URL(url);
    return { host: hostname, port: Number(port) };
  },
});

/** At most once as with all others: no acknowledgement by the receiver, nothing on disk. (Nest awaits the broker's confirmation.) */
export const rmq = overBroker({
  title: 'Transport.RMQ',
  program: rabbitmqServer,
  library: 'amqplib',
  transport: Transport.RMQ,
  Client: ClientRMQ,
  // A queue for each measurement: what was left of the last one is not to be received.
  endpointOf: (url) => `${url}#bench-${process.pid}`,
  options(endpoint) {
    const [url, queue] = endpoint.split('#');
    const socketOptions = { connectionOptions: { noDelay: true } };
    return { urls: [url], queue, queueOptions: { durable: false, autoDelete: true }, socketOptions };
  },
  tasks: {},
});

export const mqtt = overBroker({
  title: 'Transport.MQTT, its replies kept subscribed',
  program: mosquitto,
  library: 'mqtt',
  transport: Transport.MQTT,
  Client: keepingReplies(ClientMqtt),
  options: (url) => ({ url }),
  tasks: { pattern: '$share/workers/bench' },
});
