import {
  Channel,
  Client,
  Dish,
  Gather,
  type Peer,
  PeerSocket,
  Radio,
  Scatter,
  Server,
  type Socket,
} from '@nest-zmq/core';
import { closedAfterEach, fill, numbers, receive, rejection, text, untilPeers } from '../support/sockets.js';
import { nextTurn } from '../support/raw-peer.js';

/* The classes of the single-part types: what stands beside a part, and how mistakes are told. */

const everywhere = [
  ['tcp', 'tcp://127.0.0.1:*'],
  ['ipc', 'ipc://*'],
  ['inproc', 'inproc://drafts'],
] as const;

const EINVAL = expect.objectContaining({ code: 'EINVAL' });

describe.each(everywhere)('over %s', (_name, address) => {
  const open = closedAfterEach();

  async function joined<B extends Socket, C extends Socket>(binder: B, connecter: C): Promise<[B, C]> {
    open(binder);
    open(connecter);
    await binder.bind(address);
    connecter.connect(binder.lastEndpoint!);
    await Promise.all([untilPeers(binder, 1), untilPeers(connecter, 1)]);
    return [binder, connecter];
  }

  describe('Server and Client', () => {
    it('a request comes with its routing id, by which answers go', async () => {
      const [server, client] = await joined(new Server(), new Client());
      const other = open(new Client());
      other.connect(server.lastEndpoint!);
      await client.send('question');
      const [question, { routingId }] = await server.receive();
      expect(String(question)).toBe('question');
      await other.send('another');
      const [another, extra] = await server.receive();
      expect(String(another)).toBe('another');
      expect(extra.routingId).not.toBe(routingId);
      await server.send('answer', { routingId });
      await server.send('to the other', extra);
      await server.send('more', { routingId });
      expect(await receive(client, 2)).toEqual([['answer'], ['more']]);
      expect(await receive(other, 1)).toEqual([['to the other']]);
    });

    it('tryReceive, iteration and the sink give the same shape', async () => {
      const [server, client] = await joined(new Server(), new Client());
      expect(server.tryReceive()).toBeUndefined();
      for (const part of ['1', '2', '3']) await client.send(part);
      const [, { routingId }] = await server.receive();
      for await (const [part, extra] of server) {
        expect([String(part), extra]).toEqual(['2', { routingId }]);
        break;
      }
      const third = await new Promise<[string, { routingId: number }, Peer]>((resolve) =>
        server.onMessage(([part, extra], peer) => resolve([String(part), extra, peer])),
      );
      expect(third).toEqual(['3', { routingId }, server.peer]);
      expect(() => server.receive()).toThrow(expect.objectContaining({ code: 'EBUSY' }));
      server.onMessage(undefined);
      await client.send('4');
      // Nobody waits for it now: it is there when the next one after it is asked for.
      await client.send('5');
      expect([String((await server.receive())[0]), String((await server.receive())[0])]).toEqual(['4', '5']);
    });

    it('a peer object is addressed without a routing id; it shows its own in four bytes', async () => {
      const [server, client] = await joined(new Server(), new Client());
      const peer = server.peer!;
      expect(server.trySend('first words', { peer })).toBe(true);
      await server.send('by number', { routingId: peer.routingId!.readUInt32BE() });
      expect(await receive(client, 2)).toEqual([['first words'], ['by number']]);
      expect(client.trySend('hello', { peer: client.peer! })).toBe(true);
      expect((await server.receive())[1].routingId).toBe(peer.routingId!.readUInt32BE());
      await server.untilWritable({ peer });
      await server.untilWritable();
      expect(() => server.trySend('x', { peer: {} as Peer })).toThrow(TypeError);
    });

    it('mistakes throw at the call', async () => {
      const [server] = await joined(new Server(), new Client());
      const send = server.send.bind(server) as (message: unknown, options?: unknown) => Promise<void>;
      for (const options of [undefined, null, 7]) expect(() => send('x', options)).toThrow('Options must be an object');
      for (const routingId of [undefined, 0, -1, 1.5, 2 ** 32, NaN]) expect(() => send('x', { routingId })).toThrow(EINVAL);
      for (const routingId of ['1', null, {}]) expect(() => send('x', { routingId })).toThrow(TypeError);
      expect(() => send(undefined, { routingId: 1 })).toThrow('Message must be present');
      expect(() => server.trySend('x', {} as { routingId: number })).toThrow(EINVAL);
      expect(() => server.trySend('x', undefined as never)).toThrow('Options must be an object');
      expect(await rejection(send('x', { routingId: 1 }))).toMatchObject({ code: 'EHOSTUNREACH' });
      expect(await rejection(send(['a', 'b'], { routingId: 1 }))).toMatchObject({ code: 'EINVAL' });
      await send([], { routingId: 1 }); // nothing to send is sent to nobody
    }); // prettier-ignore

    it('a waiting send can be given up', async () => {
      const client = open(new Client());
      const abort = new AbortController();
      const sent = rejection(client.send('x', { signal: abort.signal }));
      expect(() => client.send('y')).toThrow(expect.objectContaining({ code: 'EBUSY' }));
      abort.abort(new Error('enough'));
      expect(await sent).toMatchObject({ message: 'enough' });
    });

    it('several parts are refused at once, also while there is nobody', async () => {
      for (const socket of [open(new Client()), open(new Scatter()), open(new Channel())]) {
        expect(await rejection(socket.send(['a', 'b'] as never))).toMatchObject({ code: 'EINVAL' });
        expect(() => socket.trySend(['a', 'b'] as never)).toThrow(EINVAL);
      }
    });
  });

  describe('37-PATTERN-8: PeerSocket', () => {
    it('knows the peer that it connects to at once, the other by its first message', async () => {
      const [a, b] = [open(new PeerSocket()), open(new PeerSocket())];
      await a.bind(address);
      const toA = b.connectPeer(a.lastEndpoint!);
      expect(b.trySend('early', { routingId: toA })).toBe(true);
      const [part, toB] = await a.receive();
      expect(String(part)).toBe('early');
      await a.send('answer', toB);
      const [answer, extra] = await b.receive();
      expect([String(answer), extra]).toEqual(['answer', { routingId: toA }]);
    });

    it('two that connect to one are told apart', async () => {
      const [hub, b, c] = [open(new PeerSocket()), open(new PeerSocket()), open(new PeerSocket())];
      await hub.bind(address);
      for (const [name, peer] of [['b', b], ['c', c]] as const) {
        await peer.send(name, { routingId: peer.connectPeer(hub.lastEndpoint!) });
        const [part, extra] = await hub.receive();
        await hub.send(`hello ${String(part)}`, extra);
        expect(String((await peer.receive())[0])).toBe(`hello ${name}`);
      }
    }); // prettier-ignore

    it('connectPeer throws as connect does, and with `immediate`', () => {
      const peer = open(new PeerSocket());
      expect(() => peer.connectPeer('nonsense')).toThrow(EINVAL);
      expect(() => peer.connectPeer(7 as never)).toThrow('Address must be a string');
      peer.immediate = true;
      expect(() => peer.connectPeer(address.replace('*', '1'))).toThrow(EINVAL);
      expect(peer.lastEndpoint).toBeNull();
    });
  });

  describe('Radio and Dish', () => {
    it('a message goes to a group, and comes with it', async () => {
      const [radio, dish] = await joined(new Radio(), new Dish());
      const other = open(new Dish());
      dish.join('news', 'fence');
      other.join(Buffer.from('weather'), 'fence');
      other.connect(radio.lastEndpoint!);
      await untilHeard(radio, dish);
      await untilHeard(radio, other);
      await radio.send('n', { group: 'news' });
      await radio.send('w', { group: Buffer.from('weather\0 cut') });
      await radio.send('nobody', { group: 'sports' });
      await radio.send('end', { group: 'fence' });
      expect(await heard(dish, 2)).toEqual([
        ['news', 'n'],
        ['fence', 'end'],
      ]);
      expect(await heard(other, 2)).toEqual([
        ['weather', 'w'],
        ['fence', 'end'],
      ]);
      dish.leave('news');
      dish.join('later');
      await untilHeard(radio, dish);
      await radio.send('n', { group: 'news' });
      await radio.send('end', { group: 'fence' });
      expect(await heard(dish, 1)).toEqual([['fence', 'end']]);
    });

    it('tryReceive, iteration and the sink give the same shape', async () => {
      const [radio, dish] = await joined(new Radio(), new Dish());
      expect(dish.tryReceive()).toBeUndefined();
      dish.join('g');
      await untilHeard(radio, dish);
      for (const part of ['1', '2']) await radio.send(part, { group: 'g' });
      for await (const [part, { group }] of dish) {
        expect([String(part), String(group)]).toEqual(['1', 'g']);
        break;
      }
      const second = await new Promise<unknown[]>((resolve) =>
        dish.onMessage(([part, { group }], peer) => resolve([String(part), String(group), peer])),
      );
      expect(second).toEqual(['2', 'g', dish.peer]);
    });

    it('a peer object gets it alone', async () => {
      const [radio, dish] = await joined(new Radio(), new Dish());
      dish.join('g');
      await untilHeard(radio, dish);
      expect(radio.trySend('for you', { group: 'g', peer: radio.peer! })).toBe(true);
      expect(await heard(dish, 1)).toEqual([['g', 'for you']]);
      await radio.untilWritable({ peer: radio.peer! });
      await radio.untilWritable();
    });

    it('mistakes throw at the call', async () => {
      const [radio, dish] = await joined(new Radio(), new Dish());
      const send = radio.send.bind(radio) as (message: unknown, options?: unknown) => Promise<void>;
      for (const options of [undefined, null, 'g']) expect(() => send('x', options)).toThrow('Options must be an object');
      expect(() => send('x', {})).toThrow(EINVAL);
      for (const group of [1, null, {}]) expect(() => send('x', { group })).toThrow('Value must be a string or buffer');
      expect(() => radio.trySend('x', {} as { group: string })).toThrow(EINVAL);
      await send([], { group: 'g' });
      expect(() => dish.join(3 as never)).toThrow('Value must be a string or buffer');
      expect(() => dish.leave('unknown')).toThrow(EINVAL);
      dish.join('a', Buffer.from('b\0c'));
      expect(() => dish.join('b')).toThrow(EINVAL);
      expect(() => dish.join('q', 'q')).toThrow(EINVAL);
      dish.leave('a', 'b', 'q');
      dish.join();
    }); // prettier-ignore
  });

  describe('37-PATTERN-7: Scatter and Gather', () => {
    it('each message goes to one, in turn', async () => {
      const [scatter, first] = await joined(new Scatter(), new Gather());
      const second = open(new Gather());
      second.connect(scatter.lastEndpoint!);
      await untilPeers(scatter, 2);
      for (const part of ['1', '2', '3', '4']) await scatter.send(part);
      expect([await receive(first, 2), await receive(second, 2)]).toEqual([
        [['1'], ['3']],
        [['2'], ['4']],
      ]);
    });

    it('waits while there is none', async () => {
      const scatter = open(new Scatter({ sendTimeout: 0 }));
      expect(await rejection(scatter.send('x'))).toMatchObject({ code: 'EAGAIN' });
      expect(scatter.trySend('x')).toBe(false);
    });
  });

  describe('37-PATTERN-9: Channel', () => {
    it('both ways', async () => {
      const [a, b] = await joined(new Channel(), new Channel());
      await a.send('to b');
      await b.send('to a');
      expect([await receive(a, 1), await receive(b, 1)]).toEqual([[['to a']], [['to b']]]);
    });

    it('a second peer is refused, and the first stays', async () => {
      const [a, b] = await joined(new Channel(), new Channel());
      const third = open(new Channel({ linger: 0 }));
      third.connect(a.lastEndpoint!);
      third.trySend('never');
      await b.send('fence');
      expect(await receive(a, 1)).toEqual([['fence']]);
      expect(a.peers).toHaveLength(1);
      await a.send('x');
      expect(await receive(b, 1)).toEqual([['x']]);
    });
  });
});

async function heard(dish: Dish, count: number): Promise<[string, string][]> {
  const all: [string, string][] = [];
  while (all.length < count) {
    const [part, { group }] = await dish.receive();
    all.push([String(group), String(part)]);
  }
  return all;
}

let fences = 0;

/** A RADIO does not tell when it knows of a member: a group joined last works only when those before it do. */
async function untilHeard(radio: Radio, dish: Dish): Promise<void> {
  const group = `fence ${++fences}`;
  dish.join(group);
  let first: unknown;
  void dish.receive().then((message) => (first = message));
  while (first === undefined) {
    await radio.send('there?', { group });
    await nextTurn();
  }
  await radio.send('there', { group });
  while (String((await dish.receive())[0]) !== 'there');
  dish.leave(group);
}

describe('options of the draft types', () => {
  const open = closedAfterEach();

  it('those that libzmq may use from several threads say so', () => {
    for (const type of [Server, Client, Radio, Dish, Scatter, Gather, PeerSocket, Channel]) {
      expect(open(new type()).threadSafe).toBe(true);
    }
  });

  it('a DISH does not linger', () => {
    expect([open(new Dish()).linger, open(new Gather()).linger]).toEqual([0, -1]);
  });

  it('marks of both sides add up over inproc', async () => {
    const [gather, scatter] = [open(new Gather({ receiveHighWaterMark: 2 })), open(new Scatter({ sendHighWaterMark: 3 }))];
    await gather.bind('inproc://marks');
    scatter.connect('inproc://marks');
    expect(fill(scatter, 100)).toBe(5);
    expect(await receive(gather, 5)).toEqual(numbers(5));
  }); // prettier-ignore

  it('`conflate`: a GATHER has the newest only', async () => {
    const [gather, scatter] = [open(new Gather({ conflate: true })), open(new Scatter({ conflate: true }))];
    await gather.bind('inproc://conflate');
    scatter.connect('inproc://conflate');
    for (const part of ['1', '2', '3']) await scatter.send(part);
    expect(text(await gather.receive())).toEqual(['3']);
    expect(gather.tryReceive()).toBeUndefined();
  });

  it('what sends only has no receive, and the other way round', () => {
    for (const type of [Radio, Scatter]) expect('receive' in type.prototype).toBe(false);
    for (const type of [Dish, Gather]) expect('send' in type.prototype).toBe(false);
  });
});
