import {
  Dealer,
  Pair,
  Publisher,
  Pull,
  Push,
  Reply,
  Request,
  Router,
  type Socket,
  Subscriber,
  XPublisher,
  XSubscriber,
} from '@nest-zmq/core';
import { bindAll, transports } from '../support/clauses.js';
import { closedAfterEach, text, untilPeers } from '../support/sockets.js';

const open = closedAfterEach();

describe('a second connect to the same endpoint', () => {
  const types: readonly (readonly [string, number, () => Socket, () => Socket])[] = [
    ['DEALER', 1, () => new Dealer(), () => new Router()],
    ['SUB', 1, () => new Subscriber(), () => new Publisher()],
    ['PUB', 1, () => new Publisher(), () => new Subscriber()],
    ['REQ', 1, () => new Request(), () => new Reply()],
    ['PUSH', 2, () => new Push(), () => new Pull()],
    ['PULL', 2, () => new Pull(), () => new Push()],
    ['ROUTER', 2, () => new Router(), () => new Router()],
    ['REP', 2, () => new Reply(), () => new Request()],
    ['XPUB', 2, () => new XPublisher(), () => new XSubscriber()],
    ['XSUB', 2, () => new XSubscriber(), () => new XPublisher()],
  ];

  it.each(types)('of a %s makes %i connection(s), and over inproc two; one disconnect takes them all', async (_type, connections, create, createPeer) => {
    const binder = open(createPeer());
    await binder.bind('tcp://127.0.0.1:*');
    await binder.bind('inproc://twice');
    for (const [endpoint, expected] of [[await boundAt(binder), connections], ['inproc://twice', 2]] as const) {
      const socket = open(create());
      for (let i = 0; i < 2; i++) socket.connect(endpoint);
      await untilPeers(socket, expected);
      // Another one, who comes last.
      const last = open(create());
      const joined = untilPeers(binder, expected + 1);
      last.connect(endpoint);
      await joined;
      expect(binder.peers).toHaveLength(expected + 1);
      socket.disconnect(endpoint);
      expect(() => socket.disconnect(endpoint)).toThrow(expect.objectContaining({ code: 'ENOENT' }) as Error);
      const left = new Promise<void>((resolve) => binder.onPeer({ left: () => void (binder.peers.length === 0 && resolve()) }));
      last.close();
      await left;
    }
  }); // prettier-ignore

  /** The tcp endpoint, for `lastEndpoint` is the other one. */
  async function boundAt(binder: Socket): Promise<string> {
    await binder.bind('tcp://127.0.0.1:*');
    return binder.lastEndpoint!;
  }
});

it.each(transports)('a PAIR over %s takes no second connection', async (_name, address) => {
  const [pair, peer] = [open(new Pair()), open(new Pair())];
  const [endpoint] = await bindAll(address, peer);
  pair.connect(endpoint!);
  pair.connect(endpoint!);
  await pair.send('once');
  expect(text(await peer.receive())).toEqual(['once']);
  await peer.send('answer');
  expect(text(await pair.receive())).toEqual(['answer']);
  expect([pair.peers.length, peer.peers.length]).toEqual([1, 1]);
});
