import { secondsSince } from './timing.mjs';

/** REQ ⇄ REP over tcp loopback, two processes, one request in flight. Microseconds per round trip. */
export const roundTrip = {
  title: 'REQ ⇄ REP round trip, tcp loopback, two processes',
  unit: 'µs',
  higherIsBetter: false,
  binder: 'server',
  connecter: 'client',
  cases: [{ label: '64 B', size: 64 }],
  contenders: ['ours', 'ours-promises', 'ours-polling', 'libzmq', 'npm', 'net'],
  baseline: 'libzmq',
  // So many it takes until the compiler has seen enough: they come slowly, one by one.
  warmUp: 20_000,

  roles: {
    async server({ sockets, echo }, _parameters, tell) {
      const socket = new sockets.Reply();
      await socket.bind('tcp://127.0.0.1:*');
      tell({ endpoint: socket.lastEndpoint });
      await echo(socket);
    },

    async client({ sockets, exchange }, { endpoint, size, count, warmup }, tell) {
      const socket = new sockets.Request();
      socket.connect(endpoint);
      const message = Buffer.alloc(size, 0x61);
      await exchange(socket, message, warmup, 1);
      const start = process.hrtime.bigint();
      await exchange(socket, message, count, 1);
      tell({ value: (secondsSince(start) * 1e6) / count });
    },
  },
};

export const roundTripPinned = {
  ...roundTrip,
  roleOf: 'round-trip',
  title: 'REQ ⇄ REP round trip, tcp loopback, each process pinned to a core of its own',
  contenders: ['ours', 'libzmq', 'net'],
  pinned: true,
};
