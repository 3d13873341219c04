import { connect } from 'node:net';
import { cpuSeconds } from '../proc.mjs';
import { pushPull } from './throughput.mjs';
import { secondsSince } from './timing.mjs';

/** The pairs of libzmq's manual (zmq_curve), which everybody knows. */
const server = {
  publicKey: 'rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7',
  secretKey: 'JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6',
};
const client = {
  publicKey: 'Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID',
  secretKey: 'D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs',
};
const asServer = { curveServer: true, curveSecretKey: server.secretKey };
const asClient = {
  curvePublicKey: client.publicKey,
  curveSecretKey: client.secretKey,
  curveServerKey: server.publicKey,
};

/** PUSH → PULL with every message encrypted and authenticated. */
export const curve = {
  ...pushPull,
  title: 'PUSH → PULL under CURVE, tcp loopback, two processes',
  cases: [64, 1024].map((size) => ({ label: `${size} B`, size })),
  contenders: ['ours-native', 'ours-wasm', 'libzmq', 'npm'],
  roles: {
    async receiver({ sockets, options, receiveMany }, { count, warmup }, tell) {
      const socket = new sockets.Pull({ ...options, ...asServer });
      await socket.bind('tcp://127.0.0.1:*');
      tell({ endpoint: socket.lastEndpoint });
      let start = 0n;
      const onStart = () => {
        start = process.hrtime.bigint();
      };
      await receiveMany(socket, count, onStart, warmup);
      tell({ value: (count - 1) / secondsSince(start) });
    },

    async sender({ sockets, options, sendMany }, { endpoint, size, count, warmup = 0 }) {
      const socket = new sockets.Push({ ...options, ...asClient });
      socket.connect(endpoint);
      await sendMany(socket, Buffer.alloc(size, 0x61), warmup + count);
    },
  },
};

/** Peers that are at it at any time. */
const AT_ONCE = 16;

const refusal = {
  unit: 'µs',
  higherIsBetter: false,
  async measure({ parameters: { count }, start, scenario }) {
    const bound = start('server', {});
    const { endpoint } = await bound.until('endpoint');
    // What is compiled, loaded and allocated once is no cost of a handshake.
    await many(count / 4, () => scenario.attack(endpoint));
    const before = cpuSeconds(bound.pid);
    await many(count, () => scenario.attack(endpoint));
    return ((cpuSeconds(bound.pid) - before) * 1e6) / count;
  },
};

/** What somebody costs a server who does not know its public key, from the connection to its end. */
export const badHello = {
  ...refusal,
  title: 'A CURVE handshake with a HELLO that is not authentic: CPU time of the server’s process',
  baseline: 'libzmq',
  cases: [{ label: 'one', count: 2_000 }],
  contenders: ['ours', 'libzmq', 'npm'],
  attack: sendBadHello,
  roles: {
    async server({ sockets }, _parameters, tell) {
      const socket = new sockets.Router({ ...asServer });
      await socket.bind('tcp://127.0.0.1:*');
      tell({ endpoint: socket.lastEndpoint });
      // In vain; but a socket that nobody waits for might be collected.
      await socket.receive();
    },
  },
};

/** What one costs who knows it, and whom its ZAP handler does not let in. */
export const refused = {
  ...refusal,
  title: 'A CURVE handshake that a ZAP handler refuses: CPU time of the server’s process, with its handler',
  baseline: 'npm',
  cases: [{ label: 'one', count: 2_000 }],
  contenders: ['ours', 'npm'],
  attack: askInVain,
  roles: {
    async server({ sockets }, _parameters, tell) {
      const handler = new sockets.Reply();
      await handler.bind('inproc://zeromq.zap.01');
      void refuseAll(handler);
      const socket = new sockets.Router({ ...asServer });
      await socket.bind('tcp://127.0.0.1:*');
      tell({ endpoint: socket.lastEndpoint });
      // In vain; but a socket that nobody waits for might be collected.
      await socket.receive();
    },
  },
};

async function refuseAll(handler) {
  for await (const [version, id] of handler) await handler.send([version, id, '400', 'no', '', '']);
}

async function many(count, attack) {
  let left = count;
  const one = async () => {
    while (left-- > 0) await attack();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
}

async function sendBadHello(endpoint) {
  const { hostname, port } = new URL(endpoint.replace('tcp:', 'http:'));
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  socket.resume();
  socket.write(badHelloBytes);
  // `once` of node:events rejects when the other side resets, which is no matter here.
  await new Promise((resolve) => socket.once('close', resolve));
}

/** A greeting, and a HELLO whose box nobody made. */
const badHelloBytes = (() => {
  const greeting = Buffer.alloc(64);
  greeting[0] = 0xff;
  greeting.set([0x7f, 3, 1], 9);
  greeting.write('CURVE', 12);
  const hello = Buffer.alloc(202, 0);
  hello.set([4, 200, 5], 0);
  hello.write('HELLO', 3);
  hello[8] = 1;
  hello.fill(9, 82, 114);
  hello[121] = 1;
  hello.fill(7, 122);
  return Buffer.concat([greeting, hello]);
})();

async function askInVain(endpoint) {
  const { Dealer } = await import('@nest-zmq/core');
  const socket = new Dealer({ linger: 0, ...asClient });
  const refusedBy = new Promise((resolve) => socket.events.on('handshake:error:auth', resolve));
  socket.connect(endpoint);
  await refusedBy;
  socket.close();
}
