/** PUSH → PULL over tcp loopback, two processes, high-water marks at their default. Messages per second as the receiver sees them. */
export const throughput = {
  title: 'PUSH → PULL, tcp loopback, two processes',
  unit: 'messages/s',
  higherIsBetter: true,
  binder: 'receiver',
  connecter: 'sender',
  /** What to measure: sizes, and as many messages as each contender does in about a second. */
  cases: [10, 64, 256, 1024, 4096, 16384].map((size) => ({ label: `${size} B`, size })),
  contenders: [
    { id: 'ours', budget: (size) => Math.min(3_000_000, 2e9 / (size + 300)) },
    { id: 'ours-promises', budget: (size) => Math.min(1_000_000, 1e9 / (size + 500)) },
    { id: 'npm', budget: (size) => Math.min(300_000, 6e8 / (size + 1500)) },
  ],
  baseline: 'npm',

  roles: {
    async receiver({ sockets, receiveMany }, { count }, tell) {
      const socket = new sockets.Pull();
      await socket.bind('tcp://127.0.0.1:*');
      await tell({ endpoint: socket.lastEndpoint });
      let start = 0n;
      await receiveMany(socket, count, () => {
        start = process.hrtime.bigint();
      });
      const seconds = Number(process.hrtime.bigint() - start) / 1e9;
      return { value: (count - 1) / seconds };
    },

    async sender({ sockets, sendMany }, { endpoint, size, count }) {
      const socket = new sockets.Push();
      socket.connect(endpoint);
      await sendMany(socket, Buffer.alloc(size, 0x61), count);
      socket.close();
      // Delivered before this process may end: the runner ends it when the receiver is done.
      await new Promise(() => {
        setInterval(() => {}, 1000);
      });
    },
  },
};
