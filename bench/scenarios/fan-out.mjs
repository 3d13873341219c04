import { secondsSince } from './timing.mjs';

/** With no marks nothing ever says no: after so many messages the event loop gets a turn, whatever the library. */
const TURN = 1_000;

const peers = 50;

/** One XPUB → 50 SUBs in another process. Marks 0, so that nothing is dropped; all deliveries together are counted. */
export const fanOut = {
  title: `PUB → ${peers} SUBs, tcp loopback, two processes, no marks`,
  unit: 'deliveries/s',
  higherIsBetter: true,
  // So many deliveries: each of these messages is fifty of them.
  cases: [
    { label: '64 B', size: 64, peers, hwm: 0, count: 4_000_000 },
    { label: '1024 B', size: 1024, peers, hwm: 0, count: 1_500_000 },
  ],
  contenders: ['ours', 'libzmq', 'npm'],
  baseline: 'libzmq',
  warmUp: 1_000,

  async measure({ parameters, start }) {
    const messages = { count: parameters.count / peers, warmup: Math.ceil(parameters.warmup / peers) };
    const { endpoint } = await start('sender', messages).until('endpoint');
    return (await start('receiver', { ...messages, endpoint }).until('value')).value;
  },

  roles: {
    async sender({ sockets, sendMany }, { size, count, warmup, hwm }, tell) {
      const socket = new sockets.XPublisher({ verbosity: 'allSubs', sendHighWaterMark: hwm });
      await socket.bind('tcp://127.0.0.1:*');
      tell({ endpoint: socket.lastEndpoint });
      for (let subscribed = 0; subscribed < peers; subscribed++) await socket.receive();
      const message = Buffer.alloc(size, 0x61);
      for (let left = warmup + count; left > 0; left -= TURN) {
        await sendMany(socket, message, Math.min(left, TURN));
        await new Promise(setImmediate);
      }
    },

    async receiver({ sockets, receiveMany }, { endpoint, count, warmup, hwm }, tell) {
      // The first that is through with its warm-up starts the clock.
      let start;
      const receiving = Array.from({ length: peers }, () => {
        const socket = new sockets.Subscriber({ receiveHighWaterMark: hwm });
        socket.subscribe();
        socket.connect(endpoint);
        const onStart = () => {
          start ??= process.hrtime.bigint();
        };
        return receiveMany(socket, count, onStart, warmup);
      });
      await Promise.all(receiving);
      tell({ value: (peers * count - 1) / secondsSince(start) });
    },
  },
};
