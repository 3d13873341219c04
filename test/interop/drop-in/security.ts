import type { Event, Observer, Reply } from 'zeromq';
import { open } from './classes.js';
import { endOf, type Notes, type Zmq } from './notes.js';

const server = {
  publicKey: 'rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7',
  secretKey: 'JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6',
};
const client = {
  publicKey: 'Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID',
  secretKey: 'D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs',
};
const bytes = Buffer.alloc(32, 7);

/** Keys, the mechanism that options make, and handshakes that a ZAP handler decides about. */
export async function observe(zmq: Zmq, notes: Notes): Promise<void> {
  await observeKeys(zmq, notes);
  await observeMechanism(zmq, notes);
  await observeMissing(zmq, notes);
  await observeHandshakes(zmq, notes);
}

async function observeKeys(zmq: Zmq, notes: Notes): Promise<void> {
  const pair = zmq.curveKeyPair();
  notes.note('a key pair', [Object.keys(pair), Object.values(pair).map((key) => [typeof key, key.length])]);
  notes.note('is another each time', zmq.curveKeyPair().publicKey === pair.publicKey);
  const make = zmq.curveKeyPair as (...args: unknown[]) => unknown;
  await notes.outcome('a key pair of something', () => {
    make('seed');
    return 'a pair';
  });
  notes.note('curve', [zmq.capability.curve, zmq.capability.gssapi, typeof zmq.curveKeyPair, zmq.curveKeyPair.length]);
}

/** What is written, one after the other, and what the mechanism is then. */
const steps: readonly (readonly [string, unknown])[] = [
  ['plainServer', true],
  ['plainServer', false],
  ['plainUsername', 'joe'],
  ['plainPassword', 'sesame'],
  ['plainUsername', null],
  ['plainPassword', 'sesame'],
  ['curveServer', true],
  ['curveServer', false],
  ['curvePublicKey', client.publicKey],
  ['plainServer', true],
  ['curveSecretKey', bytes],
  ['plainPassword', null],
  ['curveServerKey', server.publicKey],
  ['curveServerKey', null],
  ['curveServerKey', ''],
  ['curveServerKey', 'short'],
  ['curveServerKey', bytes.subarray(1)],
  ['curveServerKey', Buffer.from(server.publicKey)],
  ['curveServerKey', `${server.publicKey.slice(1)}"`],
  ['curveServerKey', '#'.repeat(40)],
  ['curvePublicKey', 5],
  ['zapDomain', 'global'],
  ['zapDomain', null],
  ['zapEnforceDomain', true],
];

async function observeMechanism(zmq: Zmq, notes: Notes): Promise<void> {
  const socket = open(zmq, 'Dealer', { linger: 0 });
  for (const [i, [name, value]] of steps.entries()) {
    await notes.outcome(`${i}: ${name} = ${Buffer.isBuffer(value) ? `${value.length} bytes` : String(value)}`, () => {
      (socket as Record<string, unknown>)[name] = value;
      return socket.securityMechanism;
    });
    notes.note(`${i}: then`, [socket.securityMechanism, socket.plainServer, socket.curveServer]);
    notes.note(`${i}: then shows`, [socket.plainUsername, socket.plainPassword]);
  }
  await notes.outcome('read a key', () => socket.curveSecretKey);
  socket.close();
}

/** Some of what CURVE needs. */
const incomplete: Record<string, object> = {
  'a server without keys': { curveServer: true },
  'a server with its public key only': { curveServer: true, curvePublicKey: server.publicKey },
  "a client with the server's key only": { curveServerKey: server.publicKey },
  'a client with its public key only': { curvePublicKey: client.publicKey },
  "a client without the server's key": { curvePublicKey: client.publicKey, curveSecretKey: client.secretKey },
};

async function observeMissing(zmq: Zmq, notes: Notes): Promise<void> {
  for (const [name, options] of Object.entries(incomplete)) {
    const [binder, connecter] = [open(zmq, 'Dealer', { linger: 0, ...options }), open(zmq, 'Dealer', { linger: 0, ...options })];
    const bound = await endOf(binder.bind('tcp://127.0.0.1:*'));
    const connected = await endOf((async () => connecter.connect('tcp://127.0.0.1:1'))());
    notes.note(`${name}: bind and connect`, [bound, connected]);
    binder.close();
    connecter.close();
  }
} // prettier-ignore

interface Case {
  readonly name: string;
  readonly server: object;
  readonly client: object;
  /** The handler's status, or none at all. */
  readonly status: string | undefined;
}

const plainClient = { plainUsername: 'joe', plainPassword: 'sesame' };
const curveServer = { curveServer: true, curveSecretKey: server.secretKey };
const curveClient = {
  curveServerKey: server.publicKey,
  curvePublicKey: client.publicKey,
  curveSecretKey: client.secretKey,
};

const cases: readonly Case[] = [
  { name: 'NULL, 200', server: { zapDomain: 'd' }, client: {}, status: '200' },
  { name: 'NULL, 400', server: { zapDomain: 'd' }, client: {}, status: '400' },
  { name: 'PLAIN, 200', server: { plainServer: true, routingId: 'me' }, client: plainClient, status: '200' },
  { name: 'PLAIN, 500', server: { plainServer: true }, client: plainClient, status: '500' },
  { name: 'CURVE, 200', server: curveServer, client: curveClient, status: '200' },
  { name: 'CURVE, 400', server: curveServer, client: curveClient, status: '400' },
  { name: 'CURVE, nonsense', server: curveServer, client: curveClient, status: 'OK' },
  { name: 'CURVE, nobody', server: curveServer, client: curveClient, status: undefined },
];

async function observeHandshakes(zmq: Zmq, notes: Notes): Promise<void> {
  for (const each of cases) await observeHandshake(zmq, notes, each);
}

async function observeHandshake(
  zmq: Zmq,
  notes: Notes,
  { name, server: ours, client: theirs, status }: Case,
): Promise<void> {
  // The name of a closed socket is free only later on npm's.
  const context = new zmq.Context();
  const handler = status === undefined ? undefined : new zmq.Reply({ context });
  const asked = handler === undefined ? Promise.resolve([]) : answer(handler, status!);
  await handler?.bind('inproc://zeromq.zap.01');
  const binder = open(zmq, 'Router', { context, linger: 0, ...ours });
  const connecter = open(zmq, 'Dealer', { context, linger: 0, reconnectInterval: 5000, ...theirs });
  const [bound, connected] = [outcomeOf(binder.events), outcomeOf(connecter.events)];
  await binder.bind('tcp://127.0.0.1:*');
  const address = binder.lastEndpoint!;
  notes.alias(address, name);
  connecter.connect(address);
  notes.note(`${name}: how it ends for the server`, await bound);
  // Whose connection is closed learns it in one of several ways.
  if (status !== 'OK') notes.note(`${name}: how it ends for the client`, await connected);
  connecter.close();
  binder.close();
  handler?.close();
  notes.note(`${name}: what the handler was asked`, await asked);
}

/** The first event that says how a handshake ended. */
async function outcomeOf(observer: Observer): Promise<Event | undefined> {
  for await (const event of observer) if (event.type.startsWith('handshake')) return event;
  return undefined;
}

async function answer(handler: Reply, status: string): Promise<string[][]> {
  const asked: string[][] = [];
  for await (const request of handler) {
    asked.push(request.map((frame) => (frame.length === 32 ? '32 bytes' : String(frame))));
    await handler.send([request[0]!, request[1]!, status, '', '', '']);
  }
  return asked;
}
