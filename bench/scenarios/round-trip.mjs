/** REQ ⇄ REP over tcp loopback, two processes, one request in flight. Microseconds per round trip. */
export const roundTrip = {
  title: 'REQ ⇄ REP round trip, tcp loopback, two processes',
  unit: 'µs',
  higherIsBetter: false,
  binder: 'server',
  connecter: 'client',
  cases: [{ label: '64 B', size: 64 }],
  contenders: [
    { id: 'ours', budget: () => 20_000 },
    { id: 'ours-promises', budget: () => 20_000 },
    { id: 'npm', budget: () => 10_000 },
  ],
  baseline: 'npm',

  roles: {
    async server({ sockets, name }, _options, tell) {
      const socket = new sockets.Reply();
      await socket.bind('tcp://127.0.0.1:*');
      await tell({ endpoint: socket.lastEndpoint });
      if (name.includes('onMessage')) {
        socket.onMessage((message) => socket.trySend(message));
        return new Promise(() => {});
      }
      for await (const message of socket) await socket.send(message);
      return {};
    },

    async client({ sockets, name }, { endpoint, size, count }) {
      const socket = new sockets.Request();
      socket.connect(endpoint);
      const message = Buffer.alloc(size, 0x61);
      const ask = name.includes('onMessage') ? asker(socket, message) : awaitedAsker(socket, message);
      await ask(Math.ceil(count / 10));
      const start = process.hrtime.bigint();
      await ask(count);
      return { value: Number(process.hrtime.bigint() - start) / 1e3 / count };
    },
  },
};

function awaitedAsker(socket, message) {
  return async (count) => {
    for (let i = 0; i < count; i++) {
      await socket.send(message);
      await socket.receive();
    }
  };
}

function asker(socket, message) {
  return async (count) => {
    await socket.untilWritable();
    await new Promise((resolve) => {
      let left = count;
      socket.onMessage(() => {
        if (--left > 0) socket.trySend(message);
        else {
          socket.onMessage(undefined);
          resolve();
        }
      });
      socket.trySend(message);
    });
  };
}
