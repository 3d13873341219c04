import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { secondsSince } from './timing.mjs';

const SIZES = [10, 64, 256, 1024, 4096, 16384];
/** Where nothing says no, the sender gives the event loop a turn after so many bytes, and at least 1,000 messages. */
const TURN_BYTES = 128 * 1024;
const bySize = (sizes, extra = {}) => sizes.map((size) => ({ label: `${size} B`, size, ...extra }));

/** Both sides' sockets; the receiver binds and has the figure. */
function oneWay(Sender, Receiver, prepare = async () => {}) {
  return {
    async receiver({ sockets, receiveMany }, { count, warmup, hwm, bind = 'tcp://127.0.0.1:*' }, tell) {
      const socket = new sockets[Receiver](hwm === undefined ? {} : { receiveHighWaterMark: hwm });
      if (Receiver === 'Subscriber') socket.subscribe();
      await socket.bind(bind);
      tell({ endpoint: socket.lastEndpoint });
      let start = 0n;
      const onStart = () => {
        start = process.hrtime.bigint();
      };
      await receiveMany(socket, count, onStart, warmup);
      tell({ value: (count - 1) / secondsSince(start) });
    },

    async sender({ sockets, sendMany }, { endpoint, size, count, warmup = 0, hwm }) {
      const socket = new sockets[Sender](hwm === undefined ? {} : { sendHighWaterMark: hwm });
      socket.connect(endpoint);
      await prepare(socket);
      // Without a mark the loop would queue everything before the first byte leaves.
      const pause = hwm === 0 ? Math.max(1_000, Math.ceil(TURN_BYTES / size)) : undefined;
      await sendMany(socket, Buffer.alloc(size, 0x61), warmup + count, pause);
    },
  };
}

const common = {
  unit: 'messages/s',
  higherIsBetter: true,
  binder: 'receiver',
  connecter: 'sender',
  baseline: 'libzmq',
  warmUp: 1_000,
};

/** PUSH → PULL over tcp loopback, two processes, high-water marks at their default of 1000. */
export const pushPull = {
  ...common,
  title: 'PUSH → PULL, tcp loopback, two processes',
  cases: bySize(SIZES),
  contenders: ['ours', 'ours-promises', 'libzmq', 'npm', 'net', 'ours→libzmq', 'libzmq→ours'],
  roles: oneWay('Push', 'Pull'),
};

export const pushPullPinned = {
  ...pushPull,
  roleOf: 'push-pull',
  title: 'PUSH → PULL, tcp loopback, each process pinned to a core of its own',
  contenders: ['ours', 'libzmq'],
  pinned: true,
};

/** Marks 0 on both sides, so that nothing is dropped; counted where it is received. */
export const pubSub = {
  ...common,
  title: 'PUB → SUB, tcp loopback, two processes, no marks',
  cases: bySize(SIZES, { hwm: 0 }),
  contenders: ['ours', 'libzmq', 'npm'],
  // An XPUB hears when somebody subscribed; a PUB is one that does not tell.
  roles: oneWay('XPublisher', 'Subscriber', (socket) => socket.receive()),
};

export const ipc = {
  ...common,
  title: 'PUSH → PULL, ipc, two processes',
  roleOf: 'push-pull',
  cases: bySize([10, 1024, 16384]),
  mostRounds: 3,
  contenders: ['ours', 'libzmq', 'npm'],
  async parameters() {
    const path = join(tmpdir(), `bench-${process.pid}.ipc`);
    await rm(path, { force: true });
    return { bind: `ipc://${path}` };
  },
};

/** Both sockets in one process and one context. libzmq's has a thread for each. */
export const inproc = {
  ...common,
  title: 'PUSH → PULL, inproc, one process',
  binder: 'both',
  connecter: undefined,
  cases: bySize([10, 1024, 16384]),
  contenders: ['ours', 'ours-promises', 'libzmq', 'npm'],
  roles: {
    async both({ sockets, receiveMany, sendMany }, { size, count, warmup = 0 }, tell) {
      const [push, pull] = [new sockets.Push(), new sockets.Pull()];
      await pull.bind('inproc://bench');
      push.connect('inproc://bench');
      let start = 0n;
      const onStart = () => {
        start = process.hrtime.bigint();
      };
      const received = receiveMany(pull, count, onStart, warmup);
      await Promise.all([sendMany(push, Buffer.alloc(size, 0x61), warmup + count), received]);
      tell({ value: (count - 1) / secondsSince(start) });
    },
  },
};

/** DEALER ⇄ ROUTER: the server gives everything back; 500 messages under way. Replies per second. */
export const echo = {
  ...common,
  title: 'DEALER ⇄ ROUTER, every message answered, 500 under way, tcp loopback',
  unit: 'replies/s',
  binder: 'server',
  connecter: 'client',
  cases: bySize([10, 64, 1024, 16384], { window: 500 }),
  mostRounds: 3,
  contenders: ['ours', 'ours-promises', 'libzmq', 'npm'],
  roles: {
    async server({ sockets, echo }, { bind = 'tcp://127.0.0.1:*' }, tell) {
      const socket = new sockets.Router({ mandatory: true });
      await socket.bind(bind);
      tell({ endpoint: socket.lastEndpoint });
      await echo(socket);
    },

    async client({ sockets, exchange }, { endpoint, size, count, warmup, window }, tell) {
      const socket = new sockets.Dealer();
      socket.connect(endpoint);
      const message = Buffer.alloc(size, 0x61);
      await exchange(socket, message, warmup, window);
      const start = process.hrtime.bigint();
      await exchange(socket, message, count, window);
      tell({ value: count / secondsSince(start) });
    },
  },
};
