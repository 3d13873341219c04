import { BATCH, oneWay } from './one-way.mjs';
import { redisServer } from './programs.mjs';

const open = async (url) => {
  const { Redis } = await import('ioredis');
  return new Redis(url);
};

/** Publish and subscribe, at a command a message, carries a quarter of what a list does at 1,000. */
export const redis = oneWay({
  name: 'Redis, a list (1,000 a command)',
  program: redisServer,
  library: 'ioredis',

  async receive(url, onMessages) {
    const client = await open(url);
    const take = async () => {
      for (;;) {
        const messages = await client.callBuffer('BLMPOP', 0, 1, 'bench', 'LEFT', 'COUNT', BATCH);
        onMessages(messages[1].length);
      }
    };
    void take();
  },

  async send(url, message, count) {
    const client = await open(url);
    let before;
    for (let sent = 0; sent < count; sent += BATCH) {
      const done = client.rpush('bench', ...Array(Math.min(BATCH, count - sent)).fill(message));
      await before;
      before = done;
    }
  },
});
