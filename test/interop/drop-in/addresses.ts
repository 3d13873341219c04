import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open } from './classes.js';
import { endOf, type Notes, type Zmq } from './notes.js';

const odd = [
  'foo-bar',
  '',
  '://',
  'tcp://',
  'tcp:',
  'tcp://127.0.0.1',
  'tcp://127.0.0.1:',
  'tcp://127.0.0.1:x',
  'inproc://',
  'ipc://',
  'foo://bar',
  'pgm://x:1',
  'norm://x:1',
  'vmci://x:1',
  'tcp://:5',
];
const unbindable = ['udp://127.0.0.1:5', 'tcp://no-such-host.invalid:5', 'tcp://[::1]:*', 'tcp://192.0.2.1:5'];
const unconnectable = [
  'tcp://*:5',
  'tcp://127.0.0.1:*',
  'tcp://127.0.0.1:0',
  'udp://127.0.0.1:5',
  'tcp://127.0.0.1:99999',
  'tcp://no-such-host.invalid:5',
];

/** Endpoints that are taken, and what the others are refused with. */
export async function observe(zmq: Zmq, notes: Notes): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'drop-in-'));
  notes.alias(directory, 'directory');
  try {
    await observeRefused(zmq, notes, directory);
    await observeTaken(zmq, notes, directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function observeRefused(zmq: Zmq, notes: Notes, directory: string): Promise<void> {
  for (const endpoint of [
    ...odd,
    ...unbindable,
    `ipc://${directory}/none/x`,
    `ipc://${directory}/${'x'.repeat(120)}`,
  ]) {
    const name = endpoint.replace(directory, '<directory>');
    const socket = open(zmq, 'Dealer', { linger: 0 });
    const ended = await socket.bind(endpoint).then(
      () => 'bound',
      (error: unknown) => error,
    );
    notes.note(`bind ${name}`, [ended, socket.lastEndpoint]);
    await notes.outcome(`bindSync ${name}`, () => socket.bindSync(endpoint));
    socket.close();
  }
  for (const endpoint of [...odd, ...unconnectable]) {
    const socket = open(zmq, 'Dealer', { linger: 0 });
    await notes.outcome(`connect ${endpoint}`, () => socket.connect(endpoint));
    notes.note(`lastEndpoint after connect ${endpoint}`, socket.lastEndpoint);
    socket.close();
  }
  for (const endpoint of [...odd, 'tcp://127.0.0.1:5', 'inproc://drop-in-not-there', 'ipc:///drop-in/not-there']) {
    const socket = open(zmq, 'Dealer', { linger: 0 });
    await notes.outcome(`disconnect ${endpoint}`, () => socket.disconnect(endpoint));
    const ended = await socket.unbind(endpoint).then(
      () => 'unbound',
      (error: unknown) => error,
    );
    notes.note(`unbind ${endpoint}`, ended);
    socket.close();
  }
}

async function observeTaken(zmq: Zmq, notes: Notes, directory: string): Promise<void> {
  for (const given of [
    'tcp://127.0.0.1:*',
    'tcp://127.0.0.1:0',
    'tcp://*:*',
    'tcp://localhost:*',
    'tcp://lo:*',
    'inproc://drop-in-taken',
    `ipc://${directory}/x`,
  ]) {
    const name = given.replace(directory, '<directory>');
    for (const sync of [false, true]) {
      const how = sync ? 'bindSync' : 'bind';
      // libzmq frees a name some time after the close.
      const endpoint = /^(inproc|ipc)/.test(given) ? `${given}-${how}` : given;
      const socket = open(zmq, 'Dealer', { linger: 0 });
      if (sync) socket.bindSync(endpoint);
      else await socket.bind(endpoint);
      const bound = socket.lastEndpoint!;
      notes.note(`${how} ${name}: lastEndpoint`, bound.replace(/:\d+$/, ':<port>'));
      notes.alias(bound, `what ${name} became`);
      const second = open(zmq, 'Dealer', { linger: 0 });
      if (!endpoint.startsWith('ipc')) {
        notes.note(`${how} ${name}: bound twice`, await second.bind(bound).catch((error: unknown) => error));
      }
      second.connect(bound);
      notes.note(`${how} ${name}: lastEndpoint of who connects`, second.lastEndpoint);
      await second['send']!('through it');
      notes.note(`${how} ${name}: a message`, await socket['receive']!());
      second.disconnect(bound);
      await notes.outcome(`${how} ${name}: disconnect twice`, () => second.disconnect(bound));
      if (endpoint !== bound)
        notes.note(
          `${how} ${name}: unbind by what was given`,
          await socket.unbind(endpoint).catch((error: unknown) => error),
        );
      await socket.unbind(bound);
      notes.note(`${how} ${name}: unbind twice`, await socket.unbind(bound).catch((error: unknown) => error));
      second.close();
      socket.close();
    }
  }
  const taken = open(zmq, 'Dealer', { linger: 0 });
  await taken.bind(`ipc://${directory}/taken`);
  const taking = open(zmq, 'Dealer', { linger: 0 });
  notes.note('ipc: bound twice', await endOf(taking.bind(`ipc://${directory}/taken`)));
  taken.close();
  taking.close();

  const unbinding = open(zmq, 'Dealer', { linger: 0 });
  unbinding.bindSync('tcp://127.0.0.1:*');
  const unbound = unbinding.lastEndpoint!;
  notes.alias(unbound, 'what is unbound');
  await notes.outcome('unbindSync', () => unbinding['unbindSync']!(unbound));
  unbinding.close();

  const wildcard = open(zmq, 'Dealer', { linger: 0 });
  await wildcard.bind('ipc://*');
  notes.note('ipc://*', /^ipc:\/\/.+/.test(wildcard.lastEndpoint!));
  wildcard.close();

  const router = open(zmq, 'Router', { mandatory: true, linger: 0 });
  (router.connect as (address: string, options: object) => void)('tcp://127.0.0.1:1', { routingId: 'later' });
  notes.note('a name for who is not there yet', await router['send']!(['later', 'x']));
  (router.connect as (address: string, options: object) => void)('tcp://127.0.0.1:1', { routingId: '' });
  (router.connect as (address: string, options: object) => void)('tcp://127.0.0.1:1', {});
  router.close();
}
