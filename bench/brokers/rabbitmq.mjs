import { once } from 'node:events';
import { oneWay } from './one-way.mjs';
import { rabbitmqServer } from './programs.mjs';

async function open(url) {
  const { connect } = await import('amqplib');
  const channel = await (await connect(url, { noDelay: true })).createChannel();
  await channel.assertQueue('bench', { durable: false });
  return channel;
}

export const rabbitmq = oneWay({
  name: 'RabbitMQ (not persistent, no acknowledgements)',
  program: rabbitmqServer,
  library: 'amqplib',

  async receive(url, onMessages) {
    const channel = await open(url);
    await channel.consume('bench', () => onMessages(1), { noAck: true });
  },

  async send(url, message, count) {
    const channel = await open(url);
    for (let sent = 0; sent < count; sent++) {
      if (!channel.sendToQueue('bench', message)) await once(channel, 'drain');
    }
  },
});
