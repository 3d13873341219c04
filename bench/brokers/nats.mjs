import { BATCH, oneWay } from './one-way.mjs';
import { natsServer } from './programs.mjs';

const open = async (servers) => (await import('@nats-io/transport-node')).connect({ servers });

export const nats = oneWay({
  name: 'NATS (a flush per 1,000)',
  program: natsServer,
  library: '@nats-io/transport-node',

  async receive(url, onMessages) {
    const connection = await open(url);
    connection.subscribe('bench', { callback: () => onMessages(1) });
    await connection.flush();
  },

  async send(url, message, count) {
    const connection = await open(url);
    let flushed;
    for (let sent = 0; sent < count;) {
      for (const until = Math.min(count, sent + BATCH); sent < until; sent++) connection.publish('bench', message);
      // The next batch is written while the server works through this one.
      const before = flushed;
      flushed = connection.flush();
      await before;
    }
  },
});
