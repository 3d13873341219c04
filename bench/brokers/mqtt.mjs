import { BATCH, oneWay } from './one-way.mjs';
import { mosquitto } from './programs.mjs';

const open = async (url) => (await import('mqtt')).connectAsync(url);

export const mqtt = oneWay({
  name: 'MQTT, QoS 0',
  program: mosquitto,
  library: 'mqtt',

  async receive(url, onMessages) {
    const client = await open(url);
    client.on('message', () => onMessages(1));
    await client.subscribeAsync('bench');
  },

  async send(url, message, count) {
    const client = await open(url);
    let written;
    for (let sent = 0; sent < count;) {
      const until = Math.min(count, sent + BATCH) - 1;
      for (; sent < until; sent++) client.publish('bench', message);
      const before = written;
      written = client.publishAsync('bench', message);
      sent++;
      await before;
    }
  },
});
