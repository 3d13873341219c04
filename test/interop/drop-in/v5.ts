import type * as npmV5 from 'zeromq/v5-compat.js';
import { type Notes, outcomeOf, turn, warningsOf, type Zmq } from './notes.js';

type V5 = typeof npmV5;
type Socket = npmV5.Socket;

/** npm does not know the options that came later, nor these numbers. */
const ids = Array.from({ length: 126 }, (_, id) => id);
const types = ['dealer', 'router', 'sub', 'xpub', 'push'] as const;
const allTypes = [...types, 'pair', 'req', 'rep', 'pub', 'xreq', 'xrep', 'pull', 'xsub', 'stream'] as const;
const events = [
  'listen',
  'accept',
  'connect',
  'connect_delay',
  'connect_retry',
  'close',
  'disconnect',
  'bind_error',
  'accept_error',
  'close_error',
] as const;

/** The API of zeromq.js up to version 5, in `zeromq/v5-compat`. */
export async function observe(_zmq: Zmq, notes: Notes, load: (entry: string) => Promise<unknown>): Promise<void> {
  const zmq = (await load('/v5-compat')) as V5;
  const unhandled: unknown[] = [];
  process.on('unhandledRejection', (error) => void unhandled.push(error));

  await observeLibrary(zmq, notes);
  await observeOptions(zmq, notes);
  await observeMessages(zmq, notes);
  await observeEndpoints(zmq, notes);
  await observePauses(zmq, notes);
  await observeOrder(zmq, notes);
  await observeMonitor(zmq, notes);
  await observeProxy(zmq, notes);
  notes.note('rejections that nobody handles, so far', unhandled);
  await observeFailures(zmq, notes);
  notes.note('rejections that nobody handles', unhandled);
}

async function observeLibrary(zmq: V5, notes: Notes): Promise<void> {
  const values = Object.entries(zmq).sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [name, value] of values) notes.note(`export ${name}`, typeof value === 'function' ? 'a function' : value);
  notes.note('socket is createSocket', zmq.socket === zmq.createSocket);
  await notes.outcome('curveKeypair()', () =>
    Object.entries(zmq.curveKeypair()).map(([name, key]) => [name, key.length]),
  );
  notes.note('the context', [zmq.Context.getMaxThreads(), zmq.Context.getMaxSockets()]);
  zmq.Context.setMaxSockets(500);
  zmq.Context.setMaxThreads(2);
  notes.note('the context, changed', [zmq.Context.getMaxThreads(), zmq.Context.getMaxSockets()]);
}

async function observeOptions(zmq: V5, notes: Notes): Promise<void> {
  await notes.outcome('new Context()', () => new zmq.Context());
  await notes.outcome('a socket of an unknown type', () => zmq.socket('raw' as never));
  await notes.outcome('a socket of no type', () => new zmq.Socket(undefined as never));
  for (const type of allTypes) {
    const socket = zmq.socket(type);
    notes.note(`${type}: at rest`, [
      socket.type,
      socket.closed,
      socket instanceof zmq.Socket,
      socket.getsockopt(zmq.ZMQ_TYPE),
    ]);
    notes.note(`${type}: closed`, [socket.close() === socket, socket.closed]);
  }
  for (const type of types) {
    for (const id of ids) {
      const socket = zmq.socket(type);
      await notes.outcome(`${type}: getsockopt(${id})`, () => socket.getsockopt(id));
      const taken = [];
      for (const value of [0, 1, true, 'x', Buffer.from('ab'), null]) {
        const outcome = await outcomeOf(() => socket.setsockopt(id, value) === socket);
        taken.push((outcome as { throws?: Error }).throws?.message ?? outcome);
      }
      notes.note(`${type}: setsockopt(${id})`, taken);
      await notes.outcome(`${type}: getsockopt(${id}) then`, () => socket.getsockopt(id));
      socket.close();
    }
    for (const name of Object.keys(zmq.options) as (keyof typeof zmq.options)[]) {
      const socket = zmq.socket(type);
      await notes.outcome(`${type}: ${name}`, () => socket[name]);
      await notes.outcome(`${type}: getsockopt(${name})`, () => socket.getsockopt(name));
      for (const value of [5, 'text', false]) {
        await notes.outcome(`${type}: ${name} = ${String(value)}`, () => {
          socket[name] = value;
          return socket[name];
        });
      }
      socket.close();
    }
  }
  const socket = zmq.createSocket('dealer', { identity: 'me', linger: 0, whatever: 1 });
  notes.note('options of createSocket', [socket['identity'], socket['linger'], socket['whatever']]);
  await notes.outcome('an option of another name', () => socket.getsockopt('nothing' as never));
  socket.close();
  await notes.outcome('an option of a closed socket', () => socket.getsockopt('linger'));
}

async function observeMessages(zmq: V5, notes: Notes): Promise<void> {
  const [push, pull] = [zmq.socket('push'), zmq.socket('pull')];
  pull.bindSync('inproc://v5-messages');
  notes.note('connect gives', push.connect('inproc://v5-messages') === push);
  const many = received(pull, 7);
  push.send('text').send(Buffer.from('bytes')).send(['a', null, 3]);
  push.send('first', zmq.ZMQ_SNDMORE).send(['second', 'third'], zmq.ZMQ_SNDMORE).send('last');
  push.send('with null as flags', null);
  push.send('');
  const calledBack = new Promise((resolve) => push.send('with a callback', 0, (...args) => resolve(args)));
  notes.note('messages', await many);
  notes.note('what a callback gets', await calledBack);
  await notes.outcome('read()', () => pull.read());

  const [request, reply] = [zmq.socket('req'), zmq.socket('rep')];
  reply.bindSync('inproc://v5-request');
  request.connect('inproc://v5-request');
  reply.on('message', (question: Buffer) => reply.send(`answer to ${question.toString()}`));
  const answers = received(request, 3);
  // The second one waits until the first is answered.
  for (const question of ['one', 'two', 'three']) request.send(question);
  notes.note('answers', await answers);

  const [publisher, subscriber] = [zmq.socket('xpub'), zmq.socket('sub')];
  const subscriptions = received(publisher, 1);
  notes.note('subscribe gives', subscriber.subscribe('news') === subscriber);
  subscriber.subscribe('weather');
  subscriber.unsubscribe('weather');
  // In npm who waits for a message while it connects over inproc may sleep on it.
  subscriber.bindSync('inproc://v5-subscribe');
  publisher.connect('inproc://v5-subscribe');
  notes.note(
    'subscriptions',
    (await subscriptions).map(([topic]) => topic),
  );
  const news = received(subscriber, 1);
  publisher.send(['weather', 'rain']).send(['news of today', 'none']);
  notes.note('what was subscribed', await news);
  await notes.outcome('subscribe of another type', () => publisher.subscribe('x'));
  await notes.outcome('unsubscribe of another type', () => publisher.unsubscribe('x'));
  for (const socket of [push, pull, request, reply, publisher, subscriber]) socket.close();
}

async function observeEndpoints(zmq: V5, notes: Notes): Promise<void> {
  const [one, other] = [zmq.socket('dealer'), zmq.socket('dealer')];
  const order: unknown[] = [];
  for (const event of ['bind', 'unbind', 'error']) one.on(event, (...args) => order.push([event, ...args]));
  await new Promise<void>((resolve) => {
    const given = one.bind('tcp://127.0.0.1:*', (...args) => {
      order.push(['called back', ...args]);
      resolve();
    });
    order.push(['bind gives', given === one]);
  });
  const endpoint = one.getsockopt(zmq.ZMQ_LAST_ENDPOINT) as string;
  notes.alias(endpoint, 'endpoint');
  notes.note('the endpoint', endpoint === one['last_endpoint']);
  notes.note('bind', order.splice(0));
  notes.note('a failed bind, called back', await new Promise((resolve) => other.bind(endpoint, resolve)));
  notes.note(
    'a failed bind',
    await new Promise((resolve) => {
      other.once('error', resolve);
      other.bind(endpoint);
    }),
  );
  await notes.outcome('a bind to nothing', () => other.bind(undefined as never));
  await notes.outcome('a failed bindSync', () => other.bindSync(endpoint));
  await notes.outcome('a failed connect', () => other.connect('foo://bar'));
  await notes.outcome('disconnect of what is not connected', () => other.disconnect(endpoint));
  notes.note('disconnect gives', other.connect(endpoint).disconnect(endpoint) === other);
  await new Promise((resolve) => one.unbind(endpoint, (...args) => resolve(order.push(['called back', ...args]))));
  notes.note('unbind', order.splice(0));
  notes.note('unbind again', await new Promise((resolve) => one.unbind(endpoint, resolve)));
  one.close();
  other.close();
  await notes.outcome('bind of a closed socket', () => one.bind('tcp://127.0.0.1:*'));
  await notes.outcome('connect of a closed socket', () => one.connect('tcp://127.0.0.1:1'));
  await notes.outcome('close twice', () => one.close() === one);
}

async function observePauses(zmq: V5, notes: Notes): Promise<void> {
  const [push, pull] = [zmq.socket('push'), zmq.socket('pull')];
  pull.bindSync('inproc://v5-pauses');
  push.connect('inproc://v5-pauses');
  const seen: string[] = [];
  pull.on('message', (message: Buffer) => void seen.push(message.toString()));
  pull.pause();
  for (const text of ['a', 'b', 'c']) push.send(text);
  for (let i = 0; i < 20; i++) await turn();
  notes.note('while it is paused', seen.slice());
  const rest = received(pull, 3);
  pull.resume();
  await rest;
  notes.note('then', seen.slice());
  push.pause();
  let done = false;
  const next = received(pull, 1);
  push.send('d', 0, () => (done = true));
  for (let i = 0; i < 20; i++) await turn();
  notes.note('while who sends is paused', [done, seen.length]);
  push.resume();
  await next;
  notes.note('and then', [done, seen.slice()]);
  push.close();
  pull.close();
}

async function observeMonitor(zmq: V5, notes: Notes): Promise<void> {
  const [binder, connecter] = [zmq.socket('dealer'), zmq.socket('dealer', { linger: 0 })];
  const [bound, connected] = [record(binder), record(connecter)];
  notes.note('monitor gives', binder.monitor() === binder);
  notes.note('warnings of its arguments', await warningsOf(() => connecter.monitor(10, 0)));
  await new Promise<void>((resolve) => binder.bind('tcp://127.0.0.1:*', () => resolve()));
  const endpoint = binder.getsockopt('last_endpoint') as string;
  notes.alias(endpoint, 'monitored');
  connecter.connect(endpoint);
  await Promise.all([bound.until('accept'), connected.until('connect')]);
  const message = received(binder, 1);
  connecter.send('x');
  await message;
  connecter.close();
  await bound.until('disconnect');
  const unbound = new Promise<void>((resolve) => binder.unbind(endpoint, () => resolve()));
  await bound.until('close');
  await unbound;
  notes.note('events of who binds', bound.all);
  notes.note('events of who connects', connected.all);
  notes.note('unmonitor gives', binder.once('error', () => {}).unmonitor() === binder);
  binder.close();
  await notes.outcome('monitor of a closed socket', () => binder.monitor());

  const lonely = zmq.socket('dealer', { linger: 0, reconnect_ivl: 10 });
  const tries = record(lonely);
  lonely.monitor();
  lonely.connect(endpoint);
  await tries.until('connect_retry');
  lonely.close();
  const [, interval] = tries.all.find(([name]) => name === 'connect_retry')!;
  notes.note('an interval', [typeof interval, Number(interval) >= 10 && Number(interval) < 20]);

  const [first, second] = [zmq.socket('dealer'), zmq.socket('dealer')];
  first.bindSync('tcp://127.0.0.1:*');
  const failed = record(second);
  second.monitor();
  second.bind(first['last_endpoint'] as string, () => {});
  await failed.until('bind_error');
  const [, errno, , error] = failed.all.find(([name]) => name === 'bind_error')!;
  notes.note('a bind that fails', [errno, error]);
  first.close();
  second.close();
}

async function observeProxy(zmq: V5, notes: Notes): Promise<void> {
  const [front, back, capture] = [zmq.socket('router'), zmq.socket('dealer'), zmq.socket('pub')];
  const [request, reply, captured] = [zmq.socket('req'), zmq.socket('rep'), zmq.socket('sub')];
  // In npm who waits for a message while it connects over inproc may sleep on it.
  front.bindSync('inproc://v5-front');
  reply.bindSync('inproc://v5-back');
  captured.bindSync('inproc://v5-capture');
  notes.note('proxy gives', zmq.proxy(front, back, capture));
  captured.subscribe('');
  capture.connect('inproc://v5-capture');
  request.connect('inproc://v5-front');
  back.connect('inproc://v5-back');
  for (let i = 0; i < 20; i++) await turn();
  const [answer, capturedAnswer] = [received(request, 1), received(captured, 1)];
  reply.on('message', () => reply.send(['answer', 'in parts']));
  request.send('question');
  notes.note('through a proxy', await answer);
  notes.note('what is captured', await capturedAnswer);
  await notes.outcome('a proxy in the wrong order', () => zmq.proxy(back, front));
  await notes.outcome('a proxy of what does not fit', () => zmq.proxy(front, front));
  for (const socket of [front, back, capture, request, reply, captured]) socket.close();
}

/** What a program is told before what. */
async function observeOrder(zmq: V5, notes: Notes): Promise<void> {
  const [push, pull] = [zmq.socket('push'), zmq.socket('pull')];
  pull.bindSync('inproc://v5-order');
  push.connect('inproc://v5-order');
  const told: string[] = [];
  pull.on('message', (message: Buffer) => void told.push(`message ${message.toString()}`));
  const all = received(pull, 3);
  for (let i = 0; i < 3; i++) push.send(String(i), 0, () => void told.push(`taken ${i}`));
  await all;
  notes.note('callbacks and messages', told.splice(0));

  const caught = (error: Error): void => void told.push(error.message);
  process.once('uncaughtException', caught);
  const more = received(pull, 2);
  // Behind the listeners that look.
  pull.once('message', () => {
    throw new Error('uncaught');
  });
  for (const text of ['that fails', 'after it']) push.send(text);
  await more;
  notes.note('an error of a listener', told);
  push.close();
  pull.close();
}

/** Where npm fails, so that what is noted before is not touched by it. */
async function observeFailures(zmq: V5, notes: Notes): Promise<void> {
  const lonely = zmq.socket('push');
  const errors: unknown[] = [];
  lonely.on('error', (error) => errors.push(error));
  lonely.send('to nobody');
  lonely.close();
  for (let i = 0; i < 20; i++) await turn();
  notes.note('errors of a message that waits for a peer when its socket is closed', errors.splice(0));

  const waiting = zmq.socket('push');
  const ends: unknown[] = [];
  for (let i = 0; i < 3; i++) waiting.send('to nobody', 0, (error) => ends.push(error));
  waiting.close();
  for (let i = 0; i < 20; i++) await turn();
  notes.note('callbacks of messages that wait when their socket is closed', ends.splice(0));

  const router = zmq.socket('router');
  router.setsockopt(zmq.ZMQ_ROUTER_MANDATORY, 1);
  for (let i = 0; i < 3; i++) router.send(['nobody', 'x'], 0, (error) => ends.push(error));
  router.close();
  for (let i = 0; i < 20; i++) await turn();
  notes.note('callbacks of messages to nobody when their socket is closed', ends);

  const pull = zmq.socket('pull');
  pull.on('error', (error) => errors.push(error));
  pull.send('x');
  for (let i = 0; i < 20; i++) await turn();
  notes.note('send on a pull', errors.splice(0));
  pull.close();

  const binding = zmq.socket('push');
  binding.on('error', (error) => errors.push(error));
  const bound = new Promise<void>((resolve) => binding.bind('inproc://v5-early', () => resolve()));
  binding.send('sent while it binds');
  await bound;
  for (let i = 0; i < 20; i++) await turn();
  notes.note('errors of a message that is sent during a bind', errors.splice(0));
  binding.close();

  const [push, sink] = [zmq.socket('push'), zmq.socket('pull')];
  sink.bindSync('inproc://v5-last-words');
  push.connect('inproc://v5-last-words');
  let count = 0;
  sink.on('message', () => count++);
  for (let i = 0; i < 5; i++) push.send(String(i));
  push.close();
  for (let i = 0; i < 40; i++) await turn();
  notes.note('what arrives of 5 messages that are sent right before a close', count);
  sink.close();

  const [source, impatient] = [zmq.socket('push'), zmq.socket('pull')];
  impatient.setsockopt(zmq.ZMQ_RCVTIMEO, 5);
  impatient.bindSync('inproc://v5-impatient');
  source.connect('inproc://v5-impatient');
  // The receive that waits from the beginning has no timeout yet.
  const first = received(impatient, 1);
  source.send('x');
  await first;
  impatient.on('error', (error: NodeJS.ErrnoException) => errors.push(error.code));
  const ticks = zmq.socket('pair');
  ticks.setsockopt(zmq.ZMQ_SNDTIMEO, 30);
  await new Promise((resolve) => ticks.send('to nobody', 0, resolve));
  impatient.close();
  source.close();
  ticks.close();
  notes.note('errors of a receive that times out', [...new Set(errors)]);
}

/** The next messages of a socket. */
function received(socket: Socket, count: number): Promise<Buffer[][]> {
  return new Promise((resolve) => {
    const messages: Buffer[][] = [];
    const listen = (...parts: Buffer[]): void => {
      messages.push(parts);
      if (messages.length < count) return;
      socket.off('message', listen);
      resolve(messages);
    };
    socket.on('message', listen);
  });
}

interface Record {
  /** Each event's name and arguments. */
  readonly all: (readonly [string, ...unknown[]])[];
  until(name: string): Promise<void>;
}

function record(socket: Socket): Record {
  const all: [string, ...unknown[]][] = [];
  for (const name of events) socket.on(name, (...args: unknown[]) => void all.push([name, ...args]));
  const until = async (name: string): Promise<void> => {
    while (!all.some(([each]) => each === name)) {
      await turn();
      // libzmq goes on with what a socket is to do when the program asks it for something.
      if (!socket.closed) socket.getsockopt('_ioevents');
    }
  };
  return { all, until };
}
