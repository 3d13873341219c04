import type { Proxy } from 'zeromq';
import { open, type Loose } from './classes.js';
import { endOf, type Notes, turn, type Zmq } from './notes.js';

/** Proxies, and their sockets while they run. */
export async function observe(zmq: Zmq, notes: Notes): Promise<void> {
  const Loosely = zmq.Proxy as unknown as new (...args: unknown[]) => Proxy;
  const [a, b] = [open(zmq, 'Router', { linger: 0 }), open(zmq, 'Dealer', { linger: 0 })];
  for (const [name, args] of Object.entries({
    nothing: [],
    'one socket': [a],
    'a text': ['x', 'y'],
    'objects that are no sockets': [{}, {}],
    'a socket and an object': [a, {}],
    'too many': [a, b, a],
  })) {
    await notes.outcome(`new Proxy of ${name}`, () => new Loosely(...args));
  }

  const proxy = new zmq.Proxy(a, b);
  notes.note('its sockets', [proxy.frontEnd === a, proxy.backEnd === b]);
  await notes.outcome('frontEnd = x', () => ((proxy as { frontEnd: unknown }).frontEnd = b));
  for (const method of ['pause', 'resume', 'terminate'] as const) {
    await notes.outcome(`${method} before it runs`, () => proxy[method]());
    await notes.outcome(`${method}(1)`, () => (proxy as unknown as Loose)[method]!(1));
  }
  await notes.outcome('run(1)', () => (proxy as unknown as Loose)['run']!(1));
  await notes.outcome('run without endpoints', () => proxy.run());
  await a.bind('inproc://drop-in-front');
  await notes.outcome('run without an endpoint of the back end', () => proxy.run());
  await b.bind('inproc://drop-in-back');

  const running = proxy.run();
  let ended = false;
  void running.then(() => (ended = true));
  const [request, reply] = [open(zmq, 'Request', { linger: 0 }), open(zmq, 'Reply', { linger: 0 })];
  request.connect('inproc://drop-in-front');
  reply.connect('inproc://drop-in-back');
  await request['send']!('question');
  notes.note('what comes through', await reply['receive']!());
  await reply['send']!(['answer', 'in parts']);
  notes.note('what comes back', await request['receive']!());
  for (const [name, operation] of Object.entries<() => unknown>({
    send: () => a['send']!('x'),
    receive: () => a['receive']!(),
    bind: () => a.bind('inproc://drop-in-other'),
    connect: () => b.connect('inproc://drop-in-other'),
    closed: () => [a.closed, b.closed],
  })) {
    await notes.outcome(`${name} while it runs`, operation);
  }
  notes.note('still runs', ended);
  proxy.terminate();
  notes.note('run', [await endOf(running), a.closed, b.closed]);
  for (const method of ['pause', 'resume', 'terminate', 'run'] as const) {
    await notes.outcome(`${method} after its end`, () => proxy[method]());
  }

  const [source, front] = [open(zmq, 'Push', { linger: 0 }), open(zmq, 'Pull', { linger: 0 })];
  const [back, sink] = [open(zmq, 'Push', { linger: 0 }), open(zmq, 'Pull', { linger: 0 })];
  await front.bind('inproc://drop-in-stream-front');
  await back.bind('inproc://drop-in-stream-back');
  const stream = new zmq.Proxy(front, back);
  const streaming = stream.run();
  source.connect('inproc://drop-in-stream-front');
  sink.connect('inproc://drop-in-stream-back');
  await source['send']!('one');
  notes.note('through a streamer', await sink['receive']!());
  stream.pause();
  await turn();
  await source['send']!('two');
  sink['receiveTimeout'] = 100 as never;
  const paused = await endOf(sink['receive']!() as Promise<unknown>);
  stream.resume();
  sink['receiveTimeout'] = 500 as never;
  notes.note('while it is paused, and after', [paused, await endOf(sink['receive']!() as Promise<unknown>)]);
  stream.terminate();
  notes.note('the end of a streamer', await endOf(streaming));
}
