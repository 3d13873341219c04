import { Dealer, Push, Subscriber, XPublisher } from '@nest-zmq/core';
import { socketTypes } from '../../libs/zmq-core/src/foundation/socket-type.js';
import { EventLog } from '../support/stage.js';
import { libraries, LibzmqPeer, whileTicking } from './libzmq-peer.js';
import { newIpcEndpoint } from './sides.js';

const SUBSCRIBE = 6;
const RECONNECT_IVL = 18;
const reconnectInterval = 10;

for (const library of libraries) {
  (library.missing === undefined ? describe : describe.skip)(`a ${library.name} process that is killed`, () => {
    const peers: LibzmqPeer[] = [];

    async function start(): Promise<LibzmqPeer> {
      const peer = await LibzmqPeer.start(library);
      peers.push(peer);
      return peer;
    }

    afterEach(() => Promise.all(peers.splice(0).map((peer) => peer.stop())));

    describe.each([
      ['tcp', (): string => 'tcp://127.0.0.1:*'],
      ['ipc', newIpcEndpoint],
    ])('over %s', (_name, address) => {
      it('is found again by our PUSH, which keeps what it could not send', async () => {
        const first = await start();
        const pull = await first.open(socketTypes.PULL.id);
        const push = new Push({ linger: 0, reconnectInterval });
        const events = new EventLog(push);
        const endpoint = await pull.bind(address());
        push.connect(endpoint);
        await push.send('before');
        expect(await pull.receive()).toEqual(['before']);

        await first.kill();
        await events.until('disconnect');
        expect(events.types.filter((type) => type === 'disconnect')).toHaveLength(1);
        await push.send('while it is away');
        await events.until('connect:retry', 2);

        const again = await (await start()).open(socketTypes.PULL.id);
        await again.bind(endpoint);
        expect(await again.receive()).toEqual(['while it is away']);
        push.close();
      });

      it('is told the subscriptions of our SUB again, each once', async () => {
        const first = await start();
        const before = await first.open(socketTypes.XPUB.id);
        const sub = new Subscriber({ linger: 0, reconnectInterval });
        const endpoint = await before.bind(address());
        sub.subscribe('a', 'b');
        sub.connect(endpoint);
        expect([await before.receive(), await before.receive()]).toEqual([['\x01a'], ['\x01b']]);
        sub.subscribe('a', 'c');
        sub.unsubscribe('b');
        expect([await before.receive(), await before.receive()]).toEqual([['\x01c'], ['\x00b']]);

        await first.kill();
        const xpub = await (await start()).open(socketTypes.XPUB.id);
        await xpub.bind(endpoint);
        expect([await xpub.receive(), await xpub.receive()]).toEqual([['\x01a'], ['\x01c']]);
        await xpub.send(['a', 'the first message after that']);
        expect((await sub.receive()).map(String)).toEqual(['a', 'the first message after that']);
        sub.close();
      });

      it('is missed and met again by our bound DEALER', async () => {
        const first = await start();
        const dealer = new Dealer({ linger: 0 });
        const events = new EventLog(dealer);
        await dealer.bind(address());
        await (await first.open(socketTypes.DEALER.id)).connect(dealer.lastEndpoint!);
        await events.until('handshake');
        const [peer] = dealer.peers;

        await first.kill();
        await events.until('disconnect');
        expect(dealer.peers).toEqual([]);
        expect(peer!.writable).toBe(false);

        const again = await (await start()).open(socketTypes.DEALER.id);
        await again.connect(dealer.lastEndpoint!);
        await dealer.send('welcome back');
        expect(await again.receive()).toEqual(['welcome back']);
        dealer.close();
      });

      it('subscribes again when ours restarted', async () => {
        const peer = await start();
        const sub = await peer.open(socketTypes.SUB.id, { [SUBSCRIBE]: 'topic', [RECONNECT_IVL]: reconnectInterval });
        const before = new XPublisher({ linger: 0 });
        await before.bind(address());
        const endpoint = before.lastEndpoint!;
        await sub.connect(endpoint);
        expect((await before.receive()).map(String)).toEqual(['\x01topic']);
        await before.unbind(endpoint);
        before.close();

        const xpub = new XPublisher({ linger: 0 });
        await xpub.bind(endpoint);
        const subscription = await whileTicking(xpub.receive(), () => peer.ping());
        expect(subscription.map(String)).toEqual(['\x01topic']);
        await xpub.send(['topic', 'first']);
        expect(await sub.receive()).toEqual(['topic', 'first']);
        xpub.close();
      });
    });
  });
}
