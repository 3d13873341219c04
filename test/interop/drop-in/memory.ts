import { open } from './classes.js';
import { endOf, type Notes, turn, type Zmq } from './notes.js';

declare const gc: () => void;

/** What the garbage collector may take. */
export async function observe(zmq: Zmq, notes: Notes): Promise<void> {
  const references: Record<string, WeakRef<object>> = {};
  const keep: unknown[] = [];

  references['a socket that nobody has'] = await reference(() => open(zmq, 'Dealer'));
  references['a bound socket that nobody has'] = await reference(async () => {
    const socket = open(zmq, 'Dealer', { linger: 0 });
    await socket.bind('tcp://127.0.0.1:*');
    return socket;
  });
  references['a context whose socket is closed'] = await reference(() => {
    const context = new zmq.Context();
    open(zmq, 'Dealer', { context, linger: 0 }).close();
    return context;
  });
  references['the context of an open socket'] = await reference(() => {
    const context = new zmq.Context();
    keep.push(open(zmq, 'Dealer', { context, linger: 0 }));
    return context;
  });
  const queued = open(zmq, 'Dealer', { linger: 0 });
  queued.connect('inproc://drop-in-memory-nobody');
  keep.push(queued);
  for (const size of [16, 4096]) {
    references[`a buffer of ${size} bytes that waits to be sent`] = await reference(async () => {
      const buffer = Buffer.alloc(size);
      await queued['send']!(buffer);
      return buffer;
    });
  }
  references['a buffer that was sent and received'] = await reference(async () => {
    const [push, pull] = [open(zmq, 'Push', { linger: 0 }), open(zmq, 'Pull')];
    await pull.bind('inproc://drop-in-memory');
    push.connect('inproc://drop-in-memory');
    const buffer = Buffer.alloc(4096);
    await push['send']!(buffer);
    await pull['receive']!();
    push.close();
    pull.close();
    return buffer;
  });
  references['a message that a socket gave last'] = await reference(async () => {
    const [push, pull] = [open(zmq, 'Push', { linger: 0 }), open(zmq, 'Pull')];
    keep.push(push, pull);
    await pull.bind('tcp://127.0.0.1:*');
    push.connect(pull.lastEndpoint!);
    await push['send']!(Buffer.alloc(4096));
    const [message] = (await pull['receive']!()) as Buffer[];
    return message!;
  });

  await collect();
  for (const [name, held] of Object.entries(references)) {
    notes.note(name, held.deref() === undefined ? 'is collected' : 'stays');
  }

  const waiting = receiving(zmq);
  await collect();
  let settled = false;
  void waiting.finally(() => (settled = true));
  await turn();
  notes.note('a receive whose socket nobody has', settled ? 'is given up' : 'waits on');
  notes.note('kept', keep.length);
}

function receiving(zmq: Zmq): Promise<unknown> {
  const socket = open(zmq, 'Dealer', { linger: 0 });
  socket.connect('tcp://127.0.0.1:1');
  return endOf(socket['receive']!() as Promise<unknown>);
}

/** In a function of its own, so that no frame of the caller holds what it makes. */
async function reference(make: () => object | Promise<object>): Promise<WeakRef<object>> {
  return new WeakRef(await make());
}

/** Finalizers run between turns, and what they let go is taken the next time. */
async function collect(): Promise<void> {
  for (let i = 0; i < 10; i++) {
    await turn();
    gc();
  }
}
