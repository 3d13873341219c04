import { sendEach } from './paths.mjs';
import { secondsSince } from './timing.mjs';

const topicsOf = (count) => Array.from({ length: count }, (_, i) => `topic/${String(i).padStart(8, '0')}/`);

/** No number of topics divides it: each message is about a topic that is far from the last one’s. */
const STEP = 7919;

/**
 * XPUB → SUB by the number of topics that are subscribed, all of them in turn: the
 * price of the matching at both ends. npm's SUB has no mark to set for what it sends,
 * and libzmq drops the subscriptions that are beyond it.
 */
export const subscriptions = {
  title: 'PUB → SUB, 64 B, tcp loopback, two processes, by number of subscribed topics',
  unit: 'messages/s',
  higherIsBetter: true,
  cases: [1, 1_000, 100_000].map((topics) => ({
    label: topics.toLocaleString('en'),
    topics,
    size: 64,
    count: 1_000_000,
  })),
  contenders: ['ours', 'libzmq'],
  baseline: 'libzmq',
  binder: 'sender',
  connecter: 'receiver',
  warmUp: 1_000,

  roles: {
    async sender({ sockets }, { topics, size, count, warmup }, tell) {
      const socket = new sockets.XPublisher({ verbosity: 'allSubs', noDrop: true });
      await socket.bind('tcp://127.0.0.1:*');
      tell({ endpoint: socket.lastEndpoint });
      for (let subscribed = 0; subscribed < topics; subscribed++) await socket.receive();
      // One body for all: so small a part is copied when it is sent. And a table of bytes, since a hundred thousand
      // buffers would be slow to come by themselves.
      const table = Buffer.from(topicsOf(topics).join(''));
      const length = table.length / topics;
      const body = Buffer.alloc(size);
      let at = 0;
      await sendEach(socket, warmup + count, () => {
        table.copy(body, 0, at * length, (at + 1) * length);
        at = (at + STEP) % topics;
        return body;
      });
    },

    async receiver({ sockets, receiveMany }, { endpoint, topics, count, warmup }, tell) {
      const socket = new sockets.Subscriber();
      socket.connect(endpoint);
      for (const text of topicsOf(topics)) socket.subscribe(text);
      let start;
      const onStart = () => {
        start = process.hrtime.bigint();
      };
      await receiveMany(socket, count, onStart, warmup);
      tell({ value: (count - 1) / secondsSince(start) });
    },
  },
};
