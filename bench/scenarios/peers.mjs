import { setTimeout as sleep } from 'node:timers/promises';
import { cpuSeconds, requireOpenFiles, residentBytes } from '../proc.mjs';
import { answerEach } from './paths.mjs';
import { secondsSince } from './timing.mjs';

/** Until the memory and the timers of the handshakes have come to rest. */
const SETTLE_MS = 2_000;
/** V8 collects once when a process has done little for 8 seconds, which is not what idle peers cost. */
const COLLECTED_MS = 15_000;
const IDLE_SECONDS = 5;
/** What a peer sends at once; it then waits for one answer to all of it. */
const burst = 10;
const size = 64;

/** A ROUTER and a process of DEALERs, all of them connected and heard once. */
async function openPeers(start, peers, count, settleMs = SETTLE_MS) {
  // A socket of libzmq needs two: its connection, and what wakes its thread.
  requireOpenFiles(2 * peers + 100);
  const server = start('server', { peers, count });
  const { endpoint } = await server.until('endpoint');
  const client = start('client', { peers, count, endpoint });
  await Promise.all([server.until('ready'), client.until('ready')]);
  await sleep(settleMs);
  return { server, client };
}

const roles = {
  async server({ sockets }, { peers, burst }, tell) {
    const socket = new sockets.Router({ mandatory: true });
    await socket.bind('tcp://127.0.0.1:*');
    tell({ endpoint: socket.lastEndpoint });
    const known = new Map();
    await answerEach(socket, ([id], peer) => {
      const key = peer ?? id.toString('latin1');
      const state = known.get(key);
      if (state !== undefined) return ++state.messages % burst === 0 ? [id, ''] : undefined;
      known.set(key, { messages: 0 });
      if (known.size === peers) tell({ ready: 1 });
      return undefined;
    });
  },

  async client({ sockets, sendMany, receiveMany }, { endpoint, peers, burst, size, count, warmup = 0 }, tell, go) {
    sockets.context.maxSockets = peers + 1;
    const dealers = Array.from({ length: peers }, () => new sockets.Dealer());
    for (const dealer of dealers) dealer.connect(endpoint);
    await Promise.all(dealers.map((dealer) => dealer.send('hello')));
    const message = Buffer.alloc(size, 0x61);
    const talk = async (dealer, messages) => {
      for (let left = messages; left > 0; left -= burst) {
        await sendMany(dealer, message, burst);
        await receiveMany(dealer, 1, () => {});
      }
    };
    const talkAll = (messages) => Promise.all(dealers.map((dealer) => talk(dealer, messages / peers)));
    await talkAll(warmup);
    tell({ ready: 1 });
    await go;
    const start = process.hrtime.bigint();
    await talkAll(count);
    tell({ value: count / secondsSince(start) });
  },
};

const common = {
  roleOf: 'peers',
  higherIsBetter: false,
  contenders: ['ours', 'libzmq', 'npm', 'net'],
  roles,
};

/** What 1,000 more peers make the ROUTER's process larger by. What the process is without them falls out. */
export const peersMemory = {
  ...common,
  title: 'ROUTER with 1,100 idle peers against one with 100: resident memory of its process, by peer',
  unit: 'KB',
  cases: [{ label: 'one peer', size, burst, count: 0 }],
  baseline: 'libzmq',

  async measure({ start }) {
    const few = await openPeers(start, 100, 0);
    const many = await openPeers(start, 1_100, 0);
    return (residentBytes(many.server.pid) - residentBytes(few.server.pid)) / 1_000 / 1_000;
  },
};

/**
 * What a message costs the ROUTER's process. One peer or a thousand, each has one burst
 * under way; raw net shows how much of the difference is that of a thousand sockets.
 */
export const peersCpu = {
  ...common,
  title: `DEALERs → ROUTER, ${size} B in bursts of ${burst}, each answered: CPU time of the ROUTER's process, by message`,
  unit: 'µs',
  cases: [1, 1_000].map((peers) => ({
    label: peers === 1 ? '1 peer' : `${peers.toLocaleString('en')} peers`,
    peers,
    burst,
    size,
    count: 500_000,
    // Before the ROUTER's time is taken: what is compiled once is no cost of a message.
    warmup: 150_000,
  })),
  baseline: 'net',

  async measure({ parameters: { peers, count }, start }) {
    const { server, client } = await openPeers(start, peers, count);
    const before = cpuSeconds(server.pid);
    client.go();
    await client.until('value');
    return ((cpuSeconds(server.pid) - before) * 1e6) / count;
  },
};

/** Nothing is said and no heartbeats are configured: nothing should run. */
export const idleCpu = {
  ...common,
  title: 'ROUTER with idle peers: CPU time of its process, by minute',
  unit: 's',
  cases: [{ label: '1,000 peers', peers: 1_000, burst, size, count: 0 }],

  async measure({ parameters: { peers }, start }) {
    const { server } = await openPeers(start, peers, 0, COLLECTED_MS);
    const before = cpuSeconds(server.pid);
    await sleep(IDLE_SECONDS * 1_000);
    return ((cpuSeconds(server.pid) - before) * 60) / IDLE_SECONDS;
  },
};
