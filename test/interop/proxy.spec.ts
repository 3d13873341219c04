import { Dealer, Pair, Proxy, Pull, Push, Reply, Router, type Socket, XPublisher, XSubscriber } from '@nest-zmq/core';
import { socketTypes } from '../../libs/zmq-core/src/foundation/socket-type.js';
import { exchanges } from './exchanges.js';
import { libraries, LibzmqPeer, type Parts } from './libzmq-peer.js';
import { LibzmqSide, type Side } from './sides.js';

const queue = (): [Socket, Socket] => [new Router({ linger: 0 }), new Dealer({ linger: 0 })];
const forwarder = (): [Socket, Socket] => [new XSubscriber({ linger: 0 }), new XPublisher({ linger: 0 })];
const streamer = (): [Socket, Socket] => [new Pull({ linger: 0 }), new Push({ linger: 0 })];

/** Which exchanges go through which proxy: the first side at the front end, the second at the back end. */
const devices = [
  ['ROUTER and DEALER', queue, ['REQ–REP', 'DEALER–REP']],
  ['XSUB and XPUB', forwarder, ['PUB–SUB', 'PUB–XSUB', 'XPUB–SUB', 'XPUB–XSUB']],
  ['PULL and PUSH', streamer, ['PUSH–PULL']],
  [
    'DEALER and DEALER',
    (): [Socket, Socket] => [new Dealer({ linger: 0 }), new Dealer({ linger: 0 })],
    ['DEALER–DEALER'],
  ],
  ['PAIR and PAIR', (): [Socket, Socket] => [new Pair({ linger: 0 }), new Pair({ linger: 0 })], ['PAIR–PAIR']],
] as const;

const WILDCARD = 'tcp://127.0.0.1:*';
const [SNDHWM, RCVHWM] = [23, 24];

for (const library of libraries) {
  (library.missing === undefined ? describe : describe.skip)(`a proxy between sockets of ${library.name}`, () => {
    let peer: LibzmqPeer;
    const open: Side[] = [];
    let proxy: Proxy;
    let ended: Promise<void>;

    beforeAll(async () => {
      peer = await LibzmqPeer.start(library);
    });

    afterEach(async () => {
      await Promise.all(open.splice(0).map((side) => side.close()));
      proxy.terminate();
      await ended;
    });

    afterAll(() => peer.stop());

    async function run([front, back]: [Socket, Socket], options?: Parameters<Proxy['run']>[0]): Promise<void> {
      await front.bind(WILDCARD);
      await back.bind(WILDCARD);
      proxy = new Proxy(front, back);
      ended = proxy.run(options);
    }

    describe.each(devices)('of %s', (_name, make, pairs) => {
      it.each(pairs)('%s', async (pair) => {
        const exchange = exchanges.find((each) => each.types.join('–') === pair)!;
        const { types, options = [{}, {}] } = exchange;
        await run(make());
        const sides: Side[] = [];
        for (const [i, end] of [proxy.frontEnd, proxy.backEnd].entries()) {
          const side = await LibzmqSide.open(peer, socketTypes[types[i]!].id, options[i]);
          open.push(side);
          sides.push(side);
          await side.connect(end.lastEndpoint!);
        }
        await exchange.run(sides[0]!, sides[1]!, () => peer.ping());
      });
    });

    it('a slow consumer loses nothing, small as all queues are', async () => {
      await run([new Pull({ linger: 0, receiveHighWaterMark: 2 }), new Push({ linger: 0, sendHighWaterMark: 2 })]);
      const push = await peer.open(socketTypes.PUSH.id, { [SNDHWM]: 1 });
      const pull = await peer.open(socketTypes.PULL.id, { [RCVHWM]: 1 });
      open.push(push as unknown as Side, pull as unknown as Side);
      await push.connect(proxy.frontEnd.lastEndpoint!);
      await pull.connect(proxy.backEnd.lastEndpoint!);
      const parts = (i: number): Parts => [String(i), { large: 50_000 }];
      const sent = (async () => {
        for (let i = 0; i < 300; i++) await push.send(parts(i));
      })();
      for (let i = 0; i < 300; i++) expect(await pull.receive()).toEqual(parts(i));
      await sent;
      expect(proxy.statistics()).toMatchObject({
        dropped: 0,
        frontEnd: { received: { frames: 600 } },
        backEnd: { sent: { frames: 600 } },
      });
    });

    it('is steered by a REQ', async () => {
      const control = new Reply({ linger: 0 });
      await control.bind(WILDCARD);
      await run(queue(), { control });
      const req = await peer.open(socketTypes.REQ.id);
      await req.connect(control.lastEndpoint!);
      for (const command of ['PAUSE', 'RESUME', 'STATISTICS', 'TERMINATE']) {
        await req.send([command]);
        const answer = await req.receive();
        expect(answer).toEqual(command === 'STATISTICS' ? Array.from({ length: 8 }, () => '\0'.repeat(8)) : ['']);
      }
      await ended;
      await req.close();
      control.close();
      await run(queue());
    });
  });
}
