import { once } from 'node:events';
import { createServer } from 'node:net';
import { secondsSince } from '../scenarios/timing.mjs';
import { listen, open } from './net-sockets.mjs';

/** A frame of ZMTP has so many bytes before its body. */
const HEADER = 2;
const HELLO = Buffer.alloc(HEADER + 5, 0x61);
const ACK = Buffer.alloc(HEADER);

/** Many connections: the server of each counts its bytes, and answers. */
export const crowds = {
  peers: {
    async server(_contender, { peers, burst, size }, tell) {
      const burstBytes = burst * (HEADER + size);
      let hellos = 0;
      const server = createServer({ noDelay: true }, (socket) => {
        let greeted = false;
        let bytes = -HELLO.length;
        socket.on('data', (chunk) => {
          bytes += chunk.length;
          if (!greeted && bytes >= 0) {
            greeted = true;
            if (++hellos === peers) tell({ ready: 1 });
          }
          for (; bytes >= burstBytes; bytes -= burstBytes) socket.write(ACK);
        });
      });
      await listen(server, tell);
    },

    async client(_contender, { endpoint, peers, burst, size, count, warmup = 0 }, tell, go) {
      const sockets = await Promise.all(Array.from({ length: peers }, () => open(endpoint)));
      for (const socket of sockets) socket.write(HELLO);
      const chunk = Buffer.alloc(burst * (HEADER + size), 0x61);
      const talkAll = (messages) => Promise.all(sockets.map((socket) => talk(socket, chunk, messages / peers / burst)));
      if (warmup > 0) await talkAll(warmup);
      tell({ ready: 1 });
      await go;
      const start = process.hrtime.bigint();
      await talkAll(count);
      tell({ value: count / secondsSince(start) });
    },
  },

  'connect-rate': {
    async server(_contender, _parameters, tell) {
      const server = createServer({ noDelay: true }, (socket) => {
        socket.on('data', () => socket.write(ACK));
        // Who closes is gone; whether in order or not is all the same here.
        socket.on('error', () => {});
      });
      await listen(server, tell);
    },

    async client(_contender, { endpoint, count, window }, tell) {
      let started = 0;
      const connecting = async () => {
        while (started++ < count) {
          const socket = await open(endpoint);
          socket.write('a');
          await once(socket, 'data');
          socket.destroy();
        }
      };
      const start = process.hrtime.bigint();
      await Promise.all(Array.from({ length: window }, connecting));
      tell({ value: count / secondsSince(start) });
    },
  },
};

/** Sends the chunk so many times, each time after the ack to the one before. */
function talk(socket, chunk, times) {
  return new Promise((resolve) => {
    let bytes = 0;
    const hear = (ack) => {
      bytes += ack.length;
      if (bytes === times * ACK.length) {
        socket.off('data', hear);
        resolve();
      } else if (bytes % ACK.length === 0) socket.write(chunk);
    };
    socket.on('data', hear).write(chunk);
  });
}
