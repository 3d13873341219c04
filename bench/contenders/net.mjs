import { once } from 'node:events';
import { createServer } from 'node:net';
import { secondsSince } from '../scenarios/timing.mjs';
import { crowds } from './net-crowds.mjs';
import { listen, open } from './net-sockets.mjs';

/** What one write carries, as a batch of ours does. */
const WRITE = 256 * 1024;

/** Plain `node:net`: the bytes of the messages without any framing or counting. The limit of what JavaScript can do. */
export const net = {
  name: 'raw node:net',
  version: `Node ${process.version}`,
  roles: {
    ...crowds,

    'push-pull': {
      async receiver(_contender, { size, count }, tell) {
        const server = createServer({ noDelay: true }, (socket) => {
          let bytes = 0;
          let start;
          socket.on('data', (chunk) => {
            start ??= process.hrtime.bigint();
            bytes += chunk.length;
            if (bytes >= size * count) tell({ value: count / secondsSince(start) });
          });
        });
        await listen(server, tell);
      },

      async sender(_contender, { endpoint, size, count }) {
        const socket = await open(endpoint);
        const bytes = Buffer.alloc(WRITE, 0x61);
        for (let left = size * count; left > 0; left -= WRITE) {
          socket.write(left < WRITE ? bytes.subarray(0, left) : bytes);
          // There is always one more for the kernel to take.
          if (socket.writableLength > 2 * WRITE) await once(socket, 'drain');
        }
      },
    },

    'round-trip': {
      async server(_contender, _parameters, tell) {
        await listen(
          createServer({ noDelay: true }, (socket) => socket.pipe(socket)),
          tell,
        );
      },

      async client(_contender, { endpoint, size, count, warmup }, tell) {
        const socket = await open(endpoint);
        const message = Buffer.alloc(size, 0x61);
        const ask = (times) =>
          new Promise((resolve) => {
            let bytes = 0;
            socket.removeAllListeners('data').on('data', (chunk) => {
              bytes += chunk.length;
              if (bytes === times * size) resolve();
              else if (bytes % size === 0) socket.write(message);
            });
            socket.write(message);
          });
        await ask(warmup);
        const start = process.hrtime.bigint();
        await ask(count);
        tell({ value: (secondsSince(start) * 1e6) / count });
      },
    },
  },
};
