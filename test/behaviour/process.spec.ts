import { Pull } from '@nest-zmq/core';
import { inOrder, run, start } from '../support/program.js';
import { closedAfterEach, deadEndpoint, numbers, receive } from '../support/sockets.js';

describe('the process', () => {
  const open = closedAfterEach();

  it('is not kept alive by open sockets: bound, connected, with a peer, in a poller', async () => {
    const ended = await run(`
      const pull = new Pull();
      const push = new Push();
      await pull.bind('tcp://127.0.0.1:*');
      push.connect(pull.lastEndpoint);
      await push.send('x');
      await pull.receive();
      await new Pull().bind('ipc://*');
      await new Pull().bind('inproc://x');
      new Push().connect('tcp://127.0.0.1:1');
      const poller = new Poller();
      poller.add(pull);
      await poller.poll(1);
      process.on('exit', () => process.stdout.write('exit'));
    `);
    expect(ended).toEqual({ ...inOrder, stdout: 'exit' });
  });

  // The loop counts its sleep; while a timer is all that it waits for, it sleeps or polls.
  it.each([
    ['sleeps between messages', '{}', true],
    ['polls for the next one with `busyPoll`', '{ busyPoll: 60_000_000 }', false],
  ])('%s', async (_, options, sleeps) => {
    const ended = await run(`
      const { performance } = await import('node:perf_hooks');
      const { setTimeout: wait } = await import('node:timers/promises');
      const [request, reply] = [new Pair(${options}), new Pair()];
      await reply.bind('ipc://*');
      request.connect(reply.lastEndpoint);
      await request.send('x');
      await reply.receive();
      const { idle } = performance.eventLoopUtilization();
      await wait(10);
      process.stdout.write(String(performance.eventLoopUtilization().idle > idle));
      process.exit();
    `);
    expect(ended).toEqual({ ...inOrder, stdout: String(sleeps) });
  });

  it.each([
    ['sends', '[polling, other]'],
    ['receives', '[other, polling]'],
  ])('polls when it %s, until a connection ends', async (_, pair) => {
    const ended = await run(`
      const { performance } = await import('node:perf_hooks');
      const { setTimeout: wait } = await import('node:timers/promises');
      const sleeps = async () => {
        const { idle } = performance.eventLoopUtilization();
        await wait(10);
        return performance.eventLoopUtilization().idle > idle;
      };
      const talk = async (bound, dialling) => {
        await bound.bind('ipc://*');
        dialling.connect(bound.lastEndpoint);
        await dialling.send('x');
        await bound.receive();
        await bound.send('y');
        await dialling.receive();
      };
      const [polling, other, third, fourth] = [new Pair({ busyPoll: 60_000_000 }), new Pair(), new Pair(), new Pair()];
      await talk(polling, other);
      await talk(third, fourth);
      const told = [await sleeps()];
      fourth.close();
      while ((await third.events.receive()).type !== 'disconnect');
      told.push(await sleeps());
      const [sender, receiver] = ${pair};
      await sender.send('z');
      await receiver.receive();
      told.push(await sleeps());
      process.stdout.write(told.join());
      polling.close();
    `);
    expect(ended).toEqual({ ...inOrder, stdout: 'false,true,false' });
  });

  it('ends its polling when the time is up', async () => {
    const ended = await run(`
      const [pull, push] = [new Pull({ busyPoll: 1_000 }), new Push({ busyPoll: 1_000 })];
      await pull.bind('tcp://127.0.0.1:*');
      push.connect(pull.lastEndpoint);
      await push.send('x');
      await pull.receive();
      process.on('exit', () => process.stdout.write('exit'));
    `);
    expect(ended).toEqual({ ...inOrder, stdout: 'exit' });
  });

  it('goes on while it makes thousands of key pairs: the collector runs meanwhile', async () => {
    const ended = await run(`
      const { curveKeyPair } = await import('@nest-zmq/core');
      for (let i = 0; i < 5_000; i++) curveKeyPair();
    `);
    expect(ended).toEqual(inOrder);
  });

  it.each([
    ['a pending receive', 'pull.receive().catch(() => {})'],
    ['a pending send', "push.send('x').catch(() => {})"],
    ['a pending untilWritable', 'push.untilWritable().catch(() => {})'],
    ['a sink', 'pull.onMessage(() => {})'],
    ['a pending event', 'pull.events.receive(), push.events.receive()'],
    ['listeners of events', "pull.events.on('end', () => {})"],
    ['a proxy', 'for (const s of [pull, push]) s.connect("inproc://x"); new Proxy(pull, push).run()'],
    ['a pending poll', 'const poller = new Poller(); poller.add(pull); poller.poll()'],
  ])('is kept alive by %s, until that is settled', async (_what, program) => {
    // The timer is no reason to live: that it fires shows that there is one.
    const ended = await run(`
      const [pull, push] = [new Pull(), new Push()];
      ${program};
      setTimeout(() => {
        pull.close();
        push.close();
        process.stdout.write('closed');
      }, 20).unref();
    `);
    expect(ended).toEqual({ ...inOrder, stdout: 'closed' });
  });

  it('delivers what was sent before it ends', async () => {
    const pull = open(new Pull());
    await pull.bind('tcp://127.0.0.1:*');
    const [ended, messages] = await Promise.all([
      run(
        `const push = new Push();
         push.connect(endpoint);
         for (let i = 0; i < 100; i++) await push.send(i);`,
        pull.lastEndpoint!,
      ),
      receive(pull, 100),
    ]);
    expect(messages).toEqual(numbers(100));
    expect(ended).toEqual(inOrder);
  });

  it('delivers it to a peer that comes late', async () => {
    const pull = open(new Pull());
    const endpoint = await deadEndpoint(pull);
    const ending = run("const push = new Push(); push.connect(endpoint); await push.send('x');", endpoint);
    await pull.bind(endpoint);
    expect(await receive(pull, 1)).toEqual([['x']]);
    expect(await ending).toEqual(inOrder);
  });

  it.each(['{ linger: 0 }', '{ context: new Context({ blocky: false }) }'])('ends at once with %s', async (options) => {
    const ended = await run(`
      const push = new Push(${options});
      push.connect('tcp://127.0.0.1:1');
      await push.send('never delivered');
    `);
    expect(ended).toEqual(inOrder);
  });

  it('ends after 50 ms of `linger`, without a word', async () => {
    const ended = await run(`
      const push = new Push({ linger: 50 });
      push.connect('tcp://127.0.0.1:1');
      await push.send('never delivered');
    `);
    expect(ended).toEqual(inOrder);
  });

  describe('that waits for messages to be delivered', () => {
    const warning = /^\(node:\d+\) WARNING: Waiting for queued ZeroMQ messages to be delivered\.(.*)\n$/;
    const hint = " Set 'context.blocky = false' to change this behaviour.";

    it.each([
      ['says so after a while', '', '', hint],
      ['says so when the socket was closed long before, too', '', "push.close(); process.once('beforeExit', () => process.stdout.write('before exit'));", hint],
      ['says so without the hint when the context is not blocky', 'context.blocky = false;', '', ''],
    ])('%s, and delivers them', async (_what, before, after, said) => {
      const pull = open(new Pull());
      const endpoint = await deadEndpoint(pull);
      const program = start(
        `${before}
         const push = new Push({ linger: -1 });
         push.connect(endpoint);
         await push.send('x');
         ${after}`,
        endpoint,
      );
      await program.said;
      await pull.bind(endpoint);
      expect(await receive(pull, 1)).toEqual([['x']]);
      const { code, stderr, stdout } = await program.ended;
      expect({ code, stdout }).toEqual({ code: 0, stdout: after && 'before exit' });
      expect(warning.exec(stderr)?.[1]).toBe(said);
    }); // prettier-ignore
  });

  it('has as many contexts as it likes', async () => {
    const ended = await run(`
      for (let i = 0; i < 20; i++) {
        const context = new Context();
        const [pull, push] = [new Pull({ context }), new Push({ context })];
        await pull.bind('inproc://same name');
        push.connect('inproc://same name');
        await push.send(i);
        process.stdout.write(String(await pull.receive()) + ' ');
      }
    `);
    expect(ended).toEqual({ ...inOrder, stdout: numbers(20).join(' ') + ' ' });
  });

  it('is kept alive by `terminate` until all is delivered, and ends then', async () => {
    const pull = open(new Pull());
    const endpoint = await deadEndpoint(pull);
    const ending = run(
      `const push = new Push();
       push.connect(endpoint);
       for (let i = 0; i < 100; i++) await push.send(i);
       const pending = new Pull().receive().catch(({ code }) => code);
       await context.terminate();
       process.stdout.write(await pending);`,
      endpoint,
    );
    await pull.bind(endpoint);
    expect(await receive(pull, 100)).toEqual(numbers(100));
    expect(await ending).toEqual({ ...inOrder, stdout: 'ETERM' });
  });

  it('delivers what a worker thread has sent before that ends', async () => {
    const pull = open(new Pull());
    await pull.bind('tcp://127.0.0.1:*');
    const ending = run(
      `import { Worker } from 'node:worker_threads';
       const code = \`import { Push } from '@nest-zmq/core';
         const push = new Push();
         push.connect('\${endpoint}');
         for (let i = 0; i < 100; i++) await push.send(i);\`;
       new Worker(new URL('data:text/javascript,' + encodeURIComponent(code)));`,
      pull.lastEndpoint!,
    );
    expect(await receive(pull, 100)).toEqual(numbers(100));
    expect(await ending).toEqual(inOrder);
  });

  it('sees no rejection that is not of a promise it was given', async () => {
    const ended = await run(`
      process.on('unhandledRejection', (reason) => process.stdout.write(String(reason)));
      const ignored = () => {};
      for (const end of ['close', 'terminate']) {
        const context = new Context({ blocky: false });
        const [pull, push, pair] = [new Pull({ context }), new Push({ context, sendTimeout: 1 }), new Pair({ context })];
        await pull.bind('ipc://*');
        await pull.bind('tcp://127.0.0.1:*');
        push.connect(pull.lastEndpoint);
        push.connect('tcp://127.0.0.1:1');
        push.connect('ipc:///no/such/path');
        push.disconnect('tcp://127.0.0.1:1');
        push.events.on('close', () => {});
        for (const socket of [pull, pair]) socket.receive({ signal: AbortSignal.timeout(60_000) }).catch(ignored);
        pair.send('x').catch(ignored);
        pair.untilWritable().catch(ignored);
        pair.events.receive().catch(ignored);
        for (let i = 0; i < 10; i++) push.trySend(i);
        pull.bind('tcp://127.0.0.1:*').catch(ignored);
        pair.bind('tcp://no.such.host.invalid:1').catch(ignored);
        if (end === 'terminate') await context.terminate();
        else for (const socket of [pull, push, pair]) socket.close();
      }
    `);
    expect(ended).toEqual(inOrder);
  });

  it('reports an error that a sink throws, and the next message is not lost', async () => {
    const ended = await run(`
      const pull = new Pull();
      const push = new Push();
      await pull.bind('inproc://x');
      push.connect('inproc://x');
      process.on('uncaughtException', ({ message }) => process.stdout.write('caught ' + message + '; '));
      for (let i = 0; i < 3; i++) await push.send(i);
      pull.onMessage(([body]) => {
        process.stdout.write('got ' + body + '; ');
        if (String(body) === '0') throw new Error('in the sink');
        if (String(body) === '2') pull.onMessage(undefined);
      });
    `);
    expect(ended).toEqual({ ...inOrder, stdout: 'got 0; got 1; got 2; caught in the sink; ' });
  });

  it('warns of an option that counts for later endpoints only', async () => {
    const ended = await run(`
      process.on('warning', ({ message }) => process.stdout.write(message + '\\n'));
      const dealer = new Dealer();
      dealer.backlog = 5;
      await dealer.bind('inproc://x');
      dealer.sendTimeout = 5;
      dealer.backlog = 6;
    `);
    expect(ended.stdout).toBe('Socket option will not take effect until next connect/bind.\n');
  });
});
