import {
  Client,
  Dealer,
  Dish,
  Gather,
  Pair,
  type Peer,
  Publisher,
  Pull,
  Push,
  Radio,
  type Readable,
  Reply,
  Request,
  Router,
  Scatter,
  Server,
  type Socket,
  Subscriber,
  XPublisher,
} from '@nest-zmq/core';
import { closedAfterEach, text, untilPeers } from '../support/sockets.js';

const nameOf = (peer: Peer | undefined): string | undefined => peer?.properties['X-Name'];
const named = (name: string) => ({ metadata: { 'X-Name': name }, linger: 0 });

/** Resolves when the peers of a socket have gone, or come, as often as that. */
function after(socket: Socket, what: 'joined' | 'left', count = 1): Promise<void> {
  return new Promise((resolve) => {
    socket.onPeer({
      [what]: () => {
        if (--count === 0) resolve();
      },
    });
  });
}

describe.each(['tcp://127.0.0.1:*', 'ipc://*', 'inproc://peer of'])('peerOf() over %s', (address) => {
  const open = closedAfterEach();

  async function twoSenders() {
    const pull = open(new Pull());
    await pull.bind(address);
    const senders = ['a', 'b'].map((name) => open(new Push(named(name))));
    for (const [i, sender] of senders.entries()) {
      sender.connect(pull.lastEndpoint!);
      await untilPeers(pull, i + 1);
    }
    return { pull, a: senders[0]!, b: senders[1]! };
  }

  it('tells who sent what was received, however that was', async () => {
    const { pull, a, b } = await twoSenders();
    await a.send('from a');
    expect(nameOf(pull.peerOf(await pull.receive()))).toBe('a');
    await b.send('from b');
    const waiting = pull.receive();
    expect(nameOf(pull.peerOf(await waiting))).toBe('b');
    await a.send('from a');
    await b.send('from b');
    const seen: unknown[] = [];
    for await (const message of pull) {
      seen.push([nameOf(pull.peerOf(message)), ...text(message)!]);
      if (seen.length === 2) break;
    }
    expect(seen).toEqual(expect.arrayContaining([['a', 'from a'], ['b', 'from b']])); // prettier-ignore
    await b.send('from b');
    await new Promise(setImmediate);
    let message = pull.tryReceive();
    while (message === undefined) {
      await new Promise(setImmediate);
      message = pull.tryReceive();
    }
    expect(nameOf(pull.peerOf(message))).toBe('b');
    expect(pull.peers).toContain(pull.peerOf(message));
  });

  it('knows the last message when it is asked first, and from then on every one', async () => {
    const { pull, a, b } = await twoSenders();
    await a.send('1');
    const early = await pull.receive();
    await b.send('2');
    const last = await pull.receive();
    expect(pull.peerOf(early)).toBeUndefined();
    expect(nameOf(pull.peerOf(last))).toBe('b');
    await a.send('3');
    const third = await pull.receive();
    await b.send('4');
    const fourth = await pull.receive();
    expect([last, third, fourth].map((message) => nameOf(pull.peerOf(message)))).toEqual(['b', 'a', 'b']);
  });

  it('knows it also when the socket was closed, and the peer is gone, meanwhile', async () => {
    const { pull, a } = await twoSenders();
    await a.send('1');
    const message = await pull.receive();
    const left = after(pull, 'left');
    a.close();
    await left;
    pull.close();
    expect(nameOf(pull.peerOf(message))).toBe('a');
  });

  it('goes by the message, whatever became of its parts', async () => {
    const router = open(new Router());
    await router.bind(address);
    const dealer = open(new Dealer({ routingId: 'me', ...named('a') }));
    dealer.connect(router.lastEndpoint!);
    await dealer.send(['x', 'y']);
    const message = await router.receive();
    expect(text(message.splice(0))).toEqual(['me', 'x', 'y']);
    const peer = router.peerOf(message);
    expect([nameOf(peer), peer!.routingId]).toEqual(['a', Buffer.from('me')]);
  });

  it('knows nothing of what this socket has not given', async () => {
    const { pull, a } = await twoSenders();
    const other = open(new Pull());
    await a.send('x');
    const message = await pull.receive();
    expect(other.peerOf(message)).toBeUndefined();
    expect(pull.peerOf([...message])).toBeUndefined();
    expect(pull.peerOf([])).toBeUndefined();
    expect(nameOf(pull.peerOf(message))).toBe('a');
  });
});

describe('peerOf()', () => {
  const open = closedAfterEach();

  it.each([
    ['Pair', () => [new Pair(named('a')), new Pair()] as const],
    ['Dealer', () => [new Dealer(named('a')), new Dealer()] as const],
    ['Subscriber', () => [new Publisher({ noDrop: true, ...named('a') }), subscribed(new Subscriber())] as const],
    ['XPublisher', () => [subscribed(new Subscriber(named('a'))), new XPublisher()] as const],
    ['Gather', () => [new Scatter(named('a')), new Gather()] as const],
    ['Client', () => [new Client(named('a')), new Server()] as const],
  ])('is there on a %s', async (_name, make) => {
    const [sender, receiver] = make();
    open<Socket>(sender);
    open<Socket>(receiver);
    await receiver.bind('inproc://there');
    sender.connect('inproc://there');
    if ('send' in sender) await (sender as Push).send('x');
    const message = await (receiver as Readable).receive();
    expect(nameOf((receiver as Readable).peerOf(message))).toBe('a');
  });

  function subscribed(socket: Subscriber): Subscriber {
    socket.subscribe('x');
    return socket;
  }

  it('of a request is who asked, of a reply who answered', async () => {
    const reply = open(new Reply(named('server')));
    const request = open(new Request(named('client')));
    await reply.bind('inproc://asked');
    request.connect('inproc://asked');
    await request.send('?');
    expect(nameOf(reply.peerOf(await reply.receive()))).toBe('client');
    await reply.send('!');
    expect(nameOf(request.peerOf(await request.receive()))).toBe('server');
  });

  it('of a DISH’s message is the RADIO', async () => {
    const radio = open(new Radio(named('radio')));
    const dish = open(new Dish());
    dish.join('group');
    await dish.bind('inproc://group');
    radio.connect('inproc://group');
    await radio.send('x', { group: 'group' });
    const message = await dish.receive();
    expect(String(message[1].group)).toBe('group');
    expect(nameOf(dish.peerOf(message))).toBe('radio');
  });

  it('of a subscription is who subscribed, also when it has left before that was read', async () => {
    const publisher = open(new XPublisher());
    await publisher.bind('inproc://subscribed');
    const subscriber = new Subscriber(named('gone'));
    subscriber.subscribe('x');
    const left = after(publisher, 'left');
    subscriber.connect('inproc://subscribed');
    subscriber.close();
    await left;
    const subscription = await publisher.receive();
    expect(text(subscription)).toEqual(['\x01x']);
    expect(nameOf(publisher.peerOf(subscription))).toBe('gone');
    const cancellation = await publisher.receive();
    expect(text(cancellation)).toEqual(['\x00x']);
    expect(publisher.peerOf(cancellation)).toBeUndefined();
  });

  // `readable` looks ahead where messages are filtered.
  it.each([
    ['Subscriber', () => [new Publisher(named('gone')), subscribed(new Subscriber())] as const],
    ['Dish', () => [new Radio(named('gone')), joined(new Dish())] as const],
    ['Gather', () => [new Scatter(named('gone')), new Gather()] as const],
  ])('of what a %s has looked at already is who sent it, who has left since', async (_name, make) => {
    const [sender, receiver] = make() as unknown as [Radio, Dish];
    open(receiver);
    await receiver.bind('inproc://looked at');
    sender.connect('inproc://looked at');
    await sender.send('x', { group: 'x' });
    while (!receiver.readable) await new Promise(setImmediate);
    const left = after(receiver, 'left');
    sender.close();
    await left;
    expect(nameOf(receiver.peerOf(await receiver.receive()))).toBe('gone');
  });

  it.each([
    ['Request', () => new Request(), (name: string) => new Router(named(name))],
    ['Gather', () => new Gather(), (name: string) => new Scatter(named(name))],
  ])('of what a %s has looked at already is who sent it, not who came after', async (_name, make, sender) => {
    const receiver = make() as unknown as Request;
    open(receiver);
    const first = sender('first') as unknown as Router;
    await first.bind('tcp://127.0.0.1:*');
    const endpoint = first.lastEndpoint!;
    receiver.connect(endpoint);
    if (receiver instanceof Request) await receiver.send('?');
    await first.send(receiver instanceof Request ? await first.receive() : 'x');
    while (!receiver.readable) await new Promise(setImmediate);
    const left = after(receiver, 'left');
    first.close();
    await left;
    const came = after(receiver, 'joined');
    const second = open(sender('second') as unknown as Router);
    await second.bind(endpoint);
    await came;
    expect(receiver.peers.map(nameOf)).toEqual(['second']);
    expect(nameOf(receiver.peerOf(await receiver.receive()))).toBe('first');
  });

  function joined(socket: Dish): Dish {
    socket.join('x');
    return socket;
  }
});

describe('the properties of a peer', () => {
  const open = closedAfterEach();

  it.each([
    ['tcp://127.0.0.1:*', { 'Peer-Address': '127.0.0.1' }],
    ['ipc://*', {}],
    ['inproc://properties', {}],
  ])('over %s are those of libzmq’s messages', async (address, addressed) => {
    const router = open(new Router());
    await router.bind(address);
    const dealer = open(new Dealer({ routingId: 'me', metadata: { 'X-Name': 'a' } }));
    dealer.connect(router.lastEndpoint!);
    await dealer.send('x');
    expect({ ...router.peerOf(await router.receive())!.properties }).toEqual({
      'Socket-Type': 'DEALER',
      Identity: 'me',
      'Routing-Id': 'me',
      'X-Name': 'a',
      ...addressed,
    });
    expect({ ...dealer.peers[0]!.properties }).toEqual({ 'Socket-Type': 'ROUTER', Identity: '', ...addressed });
  });
});
