import { answerEach } from './paths.mjs';
import { secondsSince } from './timing.mjs';

/** A new DEALER connects to a ROUTER, asks, is answered and closes; 50 of them at a time. */
export const connectRate = {
  title: 'DEALER connects to a ROUTER, asks, is answered, closes: 50 at a time, tcp loopback, two processes',
  unit: 'connections/s',
  higherIsBetter: true,
  // A connection runs much code once: fewer of them are mostly compilation.
  cases: [{ label: 'connect', size: 1, window: 50, count: 10_000 }],
  contenders: ['ours', 'libzmq', 'npm', 'net'],
  baseline: 'libzmq',
  mostRounds: 3,
  binder: 'server',
  connecter: 'client',

  roles: {
    async server({ sockets }, _parameters, tell) {
      const socket = new sockets.Router({ mandatory: true });
      await socket.bind('tcp://127.0.0.1:*');
      tell({ endpoint: socket.lastEndpoint });
      await answerEach(socket, ([id]) => [id, '']);
    },

    async client({ sockets }, { endpoint, size, count, window }, tell) {
      // Closed sockets count until libzmq has put them away.
      sockets.context.maxSockets = window + 10_000;
      const message = Buffer.alloc(size, 0x61);
      let started = 0;
      const connecting = async () => {
        while (started++ < count) {
          const socket = new sockets.Dealer({ linger: 0 });
          socket.connect(endpoint);
          await socket.send(message);
          await socket.receive();
          socket.close();
        }
      };
      const start = process.hrtime.bigint();
      await Promise.all(Array.from({ length: window }, connecting));
      tell({ value: count / secondsSince(start) });
    },
  },
};
