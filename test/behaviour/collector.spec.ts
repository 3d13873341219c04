import { Pull } from '@nest-zmq/core';
import { type Ended, inOrder, run } from '../support/program.js';
import { closedAfterEach, receive } from '../support/sockets.js';

/**
 * Runs a program that may ask the collector. `collect(until)` does so, turn by turn,
 * until something is true; what is still not true after so many full collections never is.
 */
function runWithCollector(program: string, endpoint?: string): Promise<Ended> {
  return run(
    `const turn = () => new Promise(setImmediate);
     async function collect(until) {
       for (let i = 0; !until(); i++) {
         if (i === 200) throw new Error('not collected: ' + until);
         await turn(); // what was looked at through a WeakRef stays until the end of the turn
         gc();
         await turn();
       }
     }
     ${program}`,
    endpoint,
    '--expose-gc',
  );
}

describe('the garbage collector', () => {
  const open = closedAfterEach();

  it('closes sockets that nobody can reach, and their peers see them leave', async () => {
    const ended = await runWithCollector(`
      const router = new Router();
      await router.bind('tcp://127.0.0.1:*');
      let [joined, left] = [0, 0];
      router.onPeer({ joined: () => joined++, left: () => left++ });
      await (async () => {
        const dealers = [new Dealer(), new Dealer(), new Dealer()];
        for (const dealer of dealers) {
          dealer.connect(router.lastEndpoint);
          await dealer.send('x');
          await router.receive();
          // All this does not hold a socket.
          dealer.events.dropped;
          dealer.peers.length;
        }
        const bound = new Pair();
        await bound.bind('inproc://bound');
        dealers[0].onMessage(() => {});
        dealers[0].onMessage(undefined);
      })();
      await collect(() => context.sockets === 1);
      await collect(() => left === 3);
      const again = new Pair();
      await again.bind('inproc://bound');
    `);
    expect(ended).toEqual(inOrder);
  });

  it.each([
    ['a pending receive', 'new Pull().receive({ signal })'],
    ['a pending send', "new Push().send('x', { signal })"],
    ['a pending untilWritable', 'new Push().untilWritable({ signal })'],
  ])('leaves a socket with %s alone, until that is settled', async (_what, waiting) => {
    const ended = await runWithCollector(`
      const controller = new AbortController();
      const { signal } = controller;
      const pending = (() => ${waiting})().catch(({ name }) => name);
      (() => void new Dealer())();
      await collect(() => context.sockets === 1);
      for (let i = 0; i < 5; i++) {
        gc();
        await turn();
      }
      process.stdout.write('waits ');
      controller.abort();
      process.stdout.write(await pending);
      await collect(() => context.sockets === 0);
    `);
    expect(ended).toEqual({ ...inOrder, stdout: 'waits AbortError' });
  });

  it.each([
    ['onMessage', 'Pull', '.onMessage(() => { global.received++; })'],
    ['onPeer', 'Pull', '.onPeer({ joined: () => { global.received++; } })'],
    ['onSubscription', 'Publisher', '.onSubscription(() => { global.received++; })'],
    ['.events.receive()', 'Pull', '.events.receive().then(() => { global.received++; })'],
    ['a listener of events', 'Pull', ".events.on('accept', () => { global.received++; })"],
    ['a loop over its messages', 'Pull', '[Symbol.asyncIterator]().next().then(() => { global.received++; })'],
  ])('leaves a socket with %s alone', async (_what, type, use) => {
    const ended = await runWithCollector(`
      import { Subscriber } from '@nest-zmq/core';
      global.received = 0;
      const other = ${type === 'Pull' ? 'new Push' : 'new Subscriber'};
      const { port } = await (async () => {
        const socket = new ${type}();
        await socket.bind('tcp://127.0.0.1:*');
        socket${use};
        return { port: socket.lastEndpoint.split(':').pop() };
      })();
      (() => void new Dealer())();
      await collect(() => context.sockets === 2);
      other.connect('tcp://127.0.0.1:' + port);
      ${type === 'Pull' ? "await other.send('x')" : "other.subscribe('x')"};
      while (received === 0) await turn();
      process.stdout.write('told ');
      // What is to be called keeps the process alive, and nobody could take it back.
      process.exit();
    `);
    expect(ended).toEqual({ ...inOrder, stdout: 'told ' });
  });

  it('leaves the sockets of a running proxy alone, and its capture and control', async () => {
    const ended = await runWithCollector(`
      const [source, sink, log, user] = [new Push(), new Pull(), new Pull(), new Push()];
      await (async () => {
        const [front, back, capture, control] = [new Pull(), new Push(), new Push(), new Pull()];
        for (const [name, socket] of Object.entries({ front, back, capture, control })) await socket.bind('inproc://' + name);
        void new Proxy(front, back, capture).run({ control }).then(() => process.stdout.write('ended'));
      })();
      (() => void new Dealer())();
      await collect(() => context.sockets === 8);
      source.connect('inproc://front');
      sink.connect('inproc://back');
      log.connect('inproc://capture');
      user.connect('inproc://control');
      await source.send('passed on ');
      for (const socket of [sink, log]) process.stdout.write(String(await socket.receive()));
      await user.send('TERMINATE');
      await collect(() => context.sockets === 4);
    `);
    expect(ended).toEqual({ ...inOrder, stdout: 'passed on passed on ended' });
  });

  it.each([
    ['the next is waited for', ''],
    ['`peerOf` was asked for it', 'if (pull.peerOf(message) === undefined) throw new Error()'],
  ])('takes a received message when %s', async (_what, ask) => {
    const ended = await runWithCollector(`
      const [pull, push] = [new Pull(), new Push()];
      await pull.bind('inproc://x');
      push.connect('inproc://x');
      push.trySend('x');
      const received = await (async () => {
        const message = await pull.receive();
        ${ask};
        return new WeakRef(message);
      })();
      const controller = new AbortController();
      const waiting = pull.receive(controller).catch(() => {});
      await collect(() => received.deref() === undefined);
      controller.abort();
      await waiting;
    `);
    expect(ended).toEqual(inOrder);
  });

  it('takes the small parts of a message at once, its large ones when they are written', async () => {
    const ended = await runWithCollector(`
      const pull = new Pull();
      await pull.bind('tcp://127.0.0.1:*');
      const where = pull.lastEndpoint;
      await pull.unbind(where);
      const push = new Push();
      push.connect(where);
      const { small, large } = await (async () => {
        const [small, large] = [Buffer.from(new ArrayBuffer(128)), Buffer.from(new ArrayBuffer(1_000_000))];
        await push.send(small);
        await push.send([small, large]);
        return { small: new WeakRef(small.buffer), large: new WeakRef(large.buffer) };
      })();
      await collect(() => small.deref() === undefined);
      process.stdout.write(large.deref() === undefined ? 'too early' : 'kept');
      await pull.bind(where);
      for (let i = 0; i < 2; i++) await pull.receive();
      await collect(() => large.deref() === undefined);
    `);
    expect(ended).toEqual({ ...inOrder, stdout: 'kept' });
  });

  it('lets what was sent be delivered first', async () => {
    const pull = open(new Pull());
    await pull.bind('tcp://127.0.0.1:*');
    const ending = runWithCollector(
      `await (async () => {
         const push = new Push();
         push.connect(endpoint);
         await push.send('last words');
       })();
       await collect(() => context.sockets === 0);`,
      pull.lastEndpoint!,
    );
    expect(await receive(pull, 1)).toEqual([['last words']]);
    expect(await ending).toEqual(inOrder);
  });

  it.each([
    ['sockets that were closed', 'for (const socket of sockets) socket.close()'],
    ['sockets that were forgotten', ''],
    ['sockets that it closed itself', 'await context.terminate()'],
  ])('takes a context with %s', async (_what, end) => {
    const ended = await runWithCollector(`
      const held = [];
      const { setInterval } = globalThis;
      globalThis.setInterval = (...args) => {
        const timer = setInterval(...args);
        held.push(new WeakRef(timer));
        return timer;
      };
      await (async () => {
        for (let i = 0; i < 3; i++) {
          // Everything of a context has its clock.
          const clock = {
            now: () => performance.now(),
            setTimer(delay, fire) {
              const timer = setTimeout(fire, delay).unref();
              return { cancel: () => clearTimeout(timer) };
            },
          };
          const context = createContext({ clock }, { blocky: false });
          const [pull, push] = [new Pull({ context }), new Push({ context })];
          const sockets = [pull, push];
          await pull.bind(i === 0 ? 'inproc://x' : 'tcp://127.0.0.1:*');
          pull.events.on('end', () => {});
          push.connect(pull.lastEndpoint);
          push.connect('tcp://127.0.0.1:1');
          pull.onMessage(() => {});
          push.trySend('x');
          pull.onMessage(undefined);
          const receiving = pull.receive();
          push.trySend('x');
          await receiving;
          pull.events.close();
          held.push(new WeakRef(context), new WeakRef(clock));
          ${end};
        }
      })();
      await collect(() => held.every((object) => object.deref() === undefined));
    `);
    expect(ended).toEqual(inOrder);
  });
});
