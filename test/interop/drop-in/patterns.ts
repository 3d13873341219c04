import { open, type Loose } from './classes.js';
import { endOf, type Notes, turn, type Zmq } from './notes.js';

type Name = Parameters<typeof open>[1];

/** Who gets what, of each pair of types: scripts whose outcome depends on nothing but the library. */
export async function observe(zmq: Zmq, notes: Notes): Promise<void> {
  await observeSubscriptions(zmq, notes);
  await observeUpstream(zmq, notes);
  await observeDrops(zmq, notes);
  await observeRouting(zmq, notes);
  await observeRequests(zmq, notes);
  await observeRounds(zmq, notes);
  await observeConflation(zmq, notes);
  await observeDisconnects(zmq, notes);
  await observeRestart(zmq, notes);
}

async function observeSubscriptions(zmq: Zmq, notes: Notes): Promise<void> {
  const { publisher, subscriber, close } = await published(zmq, 'subscriptions', 'XPublisher', 'Subscriber');
  const sent = ['a', 'ab', 'abc', 'b', '', 'A'];
  const got = async (): Promise<unknown[]> => {
    // What was subscribed by then is known to the publisher when it has this one as well.
    subscriber['subscribe']!('fence');
    while (String(await publisher['receive']!()) !== '\u0001fence');
    for (const topic of sent) await publisher['send']!([topic, 'body']);
    await publisher['send']!('fence');
    const seen: unknown[] = [];
    for (;;) {
      const message = (await subscriber['receive']!()) as Buffer[];
      if (String(message[0]) === 'fence') break;
      seen.push(message);
    }
    subscriber['unsubscribe']!('fence');
    while (String(await publisher['receive']!()) !== '\u0000fence');
    return seen;
  };
  notes.note('no subscription', await got());
  subscriber['subscribe']!('ab');
  notes.note('a prefix', await got());
  subscriber['subscribe']!('ab', 'b');
  notes.note('one twice, and another', await got());
  subscriber['unsubscribe']!('ab');
  notes.note('taken back once', await got());
  subscriber['unsubscribe']!('ab');
  notes.note('taken back twice', await got());
  subscriber['unsubscribe']!('ab', 'never there');
  subscriber['subscribe']!();
  notes.note('everything', await got());
  subscriber['unsubscribe']!('');
  subscriber['subscribe']!(Buffer.from([97]));
  notes.note('as bytes', await got());
  close();

  const inverted = await published(zmq, 'inverted', 'XPublisher', 'Subscriber', { invertMatching: true });
  inverted.subscriber['subscribe']!('a');
  await inverted.publisher['receive']!();
  for (const topic of ['a', 'b', 'ab', 'end']) await inverted.publisher['send']!(topic);
  notes.note('what does not match', [await inverted.subscriber['receive']!(), await inverted.subscriber['receive']!()]);
  inverted.close();
}

/** What an XPUB gets. */
async function observeUpstream(zmq: Zmq, notes: Notes): Promise<void> {
  for (const verbosity of [null, 'allSubs', 'allSubsUnsubs']) {
    const { publisher, subscriber, close } = await published(
      zmq,
      `upstream-${verbosity}`,
      'XPublisher',
      'XSubscriber',
      {
        verbosity,
      },
    );
    for (const command of ['\u0001a', '\u0001a', '\u0001b', '\u0000a', '\u0000a', '\u0000c', 'message', '\u0001end']) {
      await subscriber['send']!(command);
    }
    await subscriber['send']!(['\u0001in parts', 'x']);
    await subscriber['send']!('fence');
    const seen: unknown[] = [];
    for (;;) {
      const message = (await publisher['receive']!()) as Buffer[];
      if (String(message[0]) === 'fence') break;
      seen.push(message);
    }
    notes.note(`verbosity ${verbosity}: what comes upstream`, seen);
    subscriber.close();
    const last = [];
    for (let i = 0; i < 3; i++) last.push(await within(publisher, 300));
    notes.note(`verbosity ${verbosity}: when the subscriber goes`, last.map((each) => JSON.stringify(each)).sort());
    close();
  }

  const manual = await published(zmq, 'manual', 'XPublisher', 'Subscriber', {
    manual: true,
    welcomeMessage: 'welcome',
  });
  manual.subscriber['subscribe']!('welcome', 'asked');
  notes.note('manual: what is asked for', [await manual.publisher['receive']!(), await manual.publisher['receive']!()]);
  manual.publisher['setStringOption']!(6, 'given');
  await manual.publisher['send']!(['asked', 'x']);
  await manual.publisher['send']!(['given', 'x']);
  notes.note('manual: what is got', await within(manual.subscriber, 2000));
  manual.close();
}

/** Marks of who publishes: what does not fit is dropped, or waited for. */
async function observeDrops(zmq: Zmq, notes: Notes): Promise<void> {
  for (const noDrop of [false, true]) {
    const { publisher, subscriber, close } = await published(
      zmq,
      `drops-${noDrop}`,
      'XPublisher',
      'Subscriber',
      { sendHighWaterMark: 3, noDrop, sendTimeout: 0 },
      { receiveHighWaterMark: 2 },
    );
    subscriber['subscribe']!('');
    await publisher['receive']!();
    const ends: unknown[] = [];
    for (let i = 0; i < 8; i++) ends.push(await codeOf(publisher['send']!(String(i)) as Promise<void>));
    notes.note(`noDrop ${noDrop}: sends`, ends);
    const seen: unknown[] = [];
    for (let i = 0; i < 8; i++) seen.push(await within(subscriber, 300));
    notes.note(`noDrop ${noDrop}: receives`, seen);
    notes.note(
      `noDrop ${noDrop}: a send when there is room again`,
      await codeOf(publisher['send']!('x') as Promise<void>),
    );
    close();
  }
}

async function observeRouting(zmq: Zmq, notes: Notes): Promise<void> {
  const router = open(zmq, 'Router', { linger: 0, mandatory: true, sendTimeout: 0 });
  await router.bind('inproc://drop-in-routing');
  const named = (routingId?: string): Loose => {
    const dealer = open(zmq, 'Dealer', { linger: 0, receiveHighWaterMark: 2, ...(routingId && { routingId }) });
    dealer.connect('inproc://drop-in-routing');
    return dealer;
  };
  const [first, second, nameless] = [named('name'), named('name'), named()];
  await first['send']!(['from the first']);
  notes.note('ROUTER: a message', await router['receive']!());
  (second as unknown as { sendTimeout: number }).sendTimeout = 20;
  const taken = await codeOf(second['send']!(['from the second of this name']) as Promise<void>);
  notes.note('ROUTER: a second peer of the same name', [taken, await within(router, 30)]);
  await nameless['send']!(['from nobody']);
  const [id, ...rest] = (await router['receive']!()) as Buffer[];
  notes.note('ROUTER: a peer without a name', [id!.length, id![0], rest]);
  notes.note('ROUTER: to a name', await codeOf(router['send']!(['name', null, 'x']) as Promise<void>));
  notes.note('DEALER: receive', await first['receive']!());
  notes.note('ROUTER: to nobody', await endOf(router['send']!(['nobody', 'x']) as Promise<void>));
  notes.note('ROUTER: a name only', await codeOf(router['send']!('name') as Promise<void>));
  notes.note('DEALER: after a name only', await within(first, 30));
  await nameless['send']!(['x', null, 'y']);
  notes.note('ROUTER: several parts', ((await router['receive']!()) as Buffer[]).slice(1));
  nameless.close();
  let end: unknown = 'sent';
  for (; end === 'sent'; await turn()) end = await codeOf(router['send']!([id, 'x']) as Promise<void>);
  notes.note('ROUTER: to who has gone', end);
  router.close();
  first.close();
  second.close();

  const taking = open(zmq, 'Router', { linger: 0, handover: true });
  await taking.bind('inproc://drop-in-handover');
  const holders = [0, 1].map(() => {
    const dealer = open(zmq, 'Dealer', { linger: 0, routingId: 'name' });
    dealer.connect('inproc://drop-in-handover');
    return dealer;
  });
  await holders[1]!['send']!('I have it now');
  notes.note('handover: receive', await taking['receive']!());
  await taking['send']!(['name', 'to the second']);
  notes.note('handover: who gets it', [await within(holders[0]!, 30), await within(holders[1]!, 2000)]);
  for (const socket of [taking, ...holders]) socket.close();

  const probed = open(zmq, 'Router', { linger: 0 });
  await probed.bind('inproc://drop-in-probe');
  const probing = open(zmq, 'Dealer', { linger: 0, probeRouter: true, routingId: 'probe' });
  probing.connect('inproc://drop-in-probe');
  notes.note('probeRouter', await probed['receive']!());
  probed.close();
  probing.close();
}

async function observeRequests(zmq: Zmq, notes: Notes): Promise<void> {
  const [router, request] = await joined(zmq, 'Router', 'Request', {
    routingId: 'asks',
    correlate: true,
    relaxed: true,
  });
  await request['send']!('one');
  await request['send']!('two');
  const one = (await router['receive']!()) as Buffer[];
  const two = (await router['receive']!()) as Buffer[];
  notes.note('correlate, relaxed: requests', [one.length, one[0], one[1]!.length, one[2], one[3], two[3]]);
  await router['send']!([one[0], one[1], null, 'late']);
  await router['send']!([two[0], Buffer.from('none'), null, 'wrong number']);
  await router['send']!([two[0], two[1], null, 'in time']);
  notes.note('correlate, relaxed: the answer', await request['receive']!());
  router.close();
  request.close();

  const [reply, dealer] = await joined(zmq, 'Reply', 'Dealer', {});
  await dealer['send']!(['no delimiter']);
  await dealer['send']!(['hop', 'other hop', null, 'body', 'more']);
  notes.note('Reply: a request through hops', await reply['receive']!());
  await reply['send']!(['answer', null, 'x']);
  notes.note('Dealer: the answer', await dealer['receive']!());
  await dealer['send']!([null, 'again']);
  notes.note('Reply: again', await reply['receive']!());
  dealer.close();
  for (let i = 0; i < 20; i++) await turn();
  notes.note('Reply: to who has gone', await codeOf(reply['send']!('x') as Promise<void>));
  reply.close();

  const [odd, asking] = await joined(zmq, 'Router', 'Request', { routingId: 'asks' });
  await asking['send']!(['in', 'parts']);
  notes.note('Request: what goes out', await odd['receive']!());
  await odd['send']!(['asks', 'without a delimiter']);
  await odd['send']!(['asks', null, 'right', '']);
  notes.note('Request: the answer', await asking['receive']!());
  odd.close();
  asking.close();
}

/** Round robin, fair queueing, and one partner only. */
async function observeRounds(zmq: Zmq, notes: Notes): Promise<void> {
  const push = open(zmq, 'Push', { linger: 0 });
  await push.bind('inproc://drop-in-rounds');
  const pulls = [0, 1, 2].map(() => open(zmq, 'Pull', { linger: 0 }));
  for (const pull of pulls) pull.connect('inproc://drop-in-rounds');
  for (let i = 0; i < 9; i++) await push['send']!([String(i), 'part']);
  const shares: unknown[] = [];
  for (const pull of pulls) shares.push([await pull['receive']!(), await pull['receive']!(), await pull['receive']!()]);
  notes.note('Push: the share of each', shares);
  for (const socket of [push, ...pulls]) socket.close();

  const pull = open(zmq, 'Pull', { linger: 0 });
  await pull.bind('inproc://drop-in-fair');
  const pushes = [0, 1].map(() => open(zmq, 'Push', { linger: 0 }));
  for (const each of pushes) each.connect('inproc://drop-in-fair');
  for (let i = 0; i < 3; i++) await pushes[0]!['send']!(`a${i}`);
  for (let i = 0; i < 3; i++) await pushes[1]!['send']!(`b${i}`);
  const fair: string[] = [];
  for (let i = 0; i < 6; i++) fair.push(String(await pull['receive']!()));
  notes.note('Pull: one after the other', [
    fair[0] !== fair[1],
    fair.slice().sort(),
    order(fair, 'a'),
    order(fair, 'b'),
  ]);
  for (const socket of [pull, ...pushes]) socket.close();

  const pair = open(zmq, 'Pair', { linger: 0 });
  await pair.bind('inproc://drop-in-pair');
  const [partner, late] = [open(zmq, 'Pair', { linger: 0 }), open(zmq, 'Pair', { linger: 0, sendTimeout: 20 })];
  partner.connect('inproc://drop-in-pair');
  await partner['send']!('partner');
  notes.note('Pair: its partner', await pair['receive']!());
  late.connect('inproc://drop-in-pair');
  await codeOf(late['send']!('late') as Promise<void>);
  notes.note('Pair: of a second one', await within(pair, 30));
  await pair['send']!('to the first');
  notes.note('Pair: still with the first', await partner['receive']!());
  for (const socket of [pair, partner, late]) socket.close();
}

async function observeConflation(zmq: Zmq, notes: Notes): Promise<void> {
  for (const [sending, receiving, on] of [
    ['Push', 'Pull', 'both'],
    ['Push', 'Pull', 'receiving'],
    ['Dealer', 'Dealer', 'both'],
  ] as const) {
    const conflate = { conflate: true, linger: 0 };
    const from = open(zmq, sending, on === 'both' ? conflate : { linger: 0 });
    const to = open(zmq, receiving, conflate);
    const endpoint = `inproc://drop-in-conflate-${sending}-${on}`;
    await to.bind(endpoint);
    from.connect(endpoint);
    await from['send']!('a');
    await from['send']!('b');
    await from['send']!('c');
    notes.note(`conflate, ${sending}, ${on}`, [await within(to, 2000), await within(to, 30)]);
    from.close();
    to.close();
  }
}

/** What was sent, and what was received, when an endpoint is taken back. */
async function observeDisconnects(zmq: Zmq, notes: Notes): Promise<void> {
  for (const scheme of ['inproc', 'tcp'] as const) {
    const [pull, push] = [open(zmq, 'Pull', { linger: 0 }), open(zmq, 'Push', { linger: 1000, sendTimeout: 0 })];
    await pull.bind(scheme === 'tcp' ? 'tcp://127.0.0.1:*' : 'inproc://drop-in-taken-back');
    const endpoint = pull.lastEndpoint!;
    push.connect(endpoint);
    for (const text of ['a', 'b', 'c']) await push['send']!(text);
    push.disconnect(endpoint);
    notes.note(`${scheme}: what was sent before a disconnect`, [
      await within(pull, 2000),
      await within(pull, 2000),
      await within(pull, 2000),
    ]);
    notes.note(`${scheme}: a send after it`, await codeOf(push['send']!('d') as Promise<void>));
    push.connect(endpoint);
    await push['send']!('once more');
    notes.note(`${scheme}: connected again`, await within(pull, 2000));
    push.close();
    pull.close();
  }
  const nobody = open(zmq, 'Push', { linger: 0, sendTimeout: 0, sendHighWaterMark: 2 });
  nobody.connect('inproc://drop-in-nobody');
  const sends = async (): Promise<unknown[]> => {
    const ends: unknown[] = [];
    for (let i = 0; i < 4; i++) ends.push(await codeOf(nobody['send']!(String(i)) as Promise<void>));
    return ends;
  };
  notes.note('to nobody', await sends());
  nobody.disconnect('inproc://drop-in-nobody');
  notes.note('to nobody, disconnected', await sends());
  nobody.connect('inproc://drop-in-nobody-2');
  notes.note('to nobody, connected elsewhere', await sends());
  nobody.close();
}

/** A binder that goes and comes again finds what was sent meanwhile. */
async function observeRestart(zmq: Zmq, notes: Notes): Promise<void> {
  const first = open(zmq, 'Pull', { linger: 0 });
  await first.bind('tcp://127.0.0.1:*');
  const endpoint = first.lastEndpoint!;
  const push = open(zmq, 'Push', { linger: 0, reconnectInterval: 10 });
  const lost = new Promise((resolve) => push.events.on('disconnect', resolve));
  push.connect(endpoint);
  await push['send']!('before');
  notes.note('before', await first['receive']!());
  first.close();
  await lost;
  await push['send']!(['meanwhile', 'in parts']);
  await push['send']!('and more');
  const second = open(zmq, 'Pull', { linger: 0 });
  while (!second.lastEndpoint) await second.bind(endpoint).catch(turn);
  notes.note('after', [await within(second, 5000), await within(second, 5000)]);
  push.close();
  second.close();
}

async function published(
  zmq: Zmq,
  name: string,
  publishing: Name,
  subscribing: Name,
  options: object = {},
  ofSubscriber: object = {},
): Promise<{ publisher: Loose; subscriber: Loose; close: () => void }> {
  const inverted = 'invertMatching' in options ? { invertMatching: true } : {};
  const publisher = open(zmq, publishing, { linger: 0, ...options });
  const subscriber = open(zmq, subscribing, { linger: 0, ...inverted, ...ofSubscriber });
  await publisher.bind(`inproc://drop-in-${name}`);
  subscriber.connect(`inproc://drop-in-${name}`);
  const close = (): void => {
    publisher.close();
    subscriber.close();
  };
  return { publisher, subscriber, close };
}

async function joined(zmq: Zmq, binding: Name, connecting: Name, options: object): Promise<[Loose, Loose]> {
  const [to, from] = [open(zmq, binding, { linger: 0 }), open(zmq, connecting, { linger: 0, ...options })];
  const endpoint = `inproc://drop-in-${binding}-${connecting}-${Object.keys(options).length}`;
  await to.bind(endpoint);
  from.connect(endpoint);
  return [to, from];
}

/** The next message, or the code of the timeout. */
async function within(socket: Loose, receiveTimeout: number): Promise<unknown> {
  (socket as unknown as { receiveTimeout: number }).receiveTimeout = receiveTimeout;
  const end = (await endOf(socket['receive']!() as Promise<unknown>)) as { resolves?: unknown; rejects?: Error };
  (socket as unknown as { receiveTimeout: number }).receiveTimeout = -1;
  return end.resolves ?? (end.rejects as NodeJS.ErrnoException).code;
}

async function codeOf(promise: Promise<void>): Promise<unknown> {
  return promise.then(
    () => 'sent',
    (error: NodeJS.ErrnoException) => error.code,
  );
}

function order(all: readonly string[], from: string): string {
  return all.filter((each) => each.startsWith(from)).join();
}
