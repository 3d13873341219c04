import { Dealer, type Peer, Router } from '@nest-zmq/core';
import { socketTypes } from '../../libs/zmq-core/src/foundation/socket-type.js';
import { libraries, LibzmqPeer } from './libzmq-peer.js';
import { itWhen } from '../../libs/zmq-core/src/testing/it-when.js';

const ROUTING_ID = 5;
const METADATA = 95;

for (const library of libraries) {
  (library.missing === undefined ? describe : describe.skip)(`what ${library.name} and ours tell of themselves`, () => {
    let peer: LibzmqPeer;

    beforeAll(async () => {
      peer = await LibzmqPeer.start(library);
    });

    afterAll(() => peer.stop());

    it.each([
      ['', undefined],
      [', with a name', 'their-name'],
    ])('its socket type and routing id%s', async (_name, routingId) => {
      const router = new Router({ linger: 0 });
      const joined = new Promise<Peer>((resolve) => router.onPeer({ joined: resolve }));
      await router.bind('tcp://127.0.0.1:*');
      const dealer = await peer.open(socketTypes.DEALER.id, routingId === undefined ? {} : { [ROUTING_ID]: routingId });
      await dealer.connect(router.lastEndpoint!);
      const { socketType, address, properties, routingId: announced } = await joined;
      expect(socketType).toBe('DEALER');
      expect(address).toMatch(/^127\.0\.0\.1:\d+$/);
      expect(properties).toMatchObject({ 'Socket-Type': 'DEALER', Identity: routingId ?? '' });
      if (routingId === undefined) expect([announced!.length, announced![0]]).toEqual([5, 0]);
      else expect(announced!.toString()).toBe(routingId);
      router.close();
      await dealer.close();
    });

    itWhen(library.name === 'npm zeromq', `${library.name} has no draft options, so it cannot announce X- properties`)(
      'its X- properties',
      async () => {
        const dealer = new Dealer({ linger: 0 });
        const joined = new Promise<Peer>((resolve) => dealer.onPeer({ joined: resolve }));
        await dealer.bind('tcp://127.0.0.1:*');
        const theirs = await peer.open(socketTypes.DEALER.id, { [METADATA]: 'X-Zone:north' });
        await theirs.connect(dealer.lastEndpoint!);
        expect((await joined).properties).toMatchObject({ 'X-Zone': 'north' });
        dealer.close();
        await theirs.close();
      },
    );

    itWhen(library.name === 'python3-zmq', `${library.name} does not show the properties of a sender`)(
      'our X- properties, socket type and routing id',
      async () => {
        const router = await peer.open(socketTypes.ROUTER.id);
        const dealer = new Dealer({ linger: 0, routingId: 'our-name', metadata: { 'X-Zone': 'south', 'X-Empty': '' } });
        dealer.connect(await router.bind('tcp://127.0.0.1:*'));
        await dealer.send('hello');
        const shown = ['X-Zone', 'X-Empty', 'Socket-Type', 'Identity'];
        const { parts, properties } = await router.receiveWithProperties(...shown);
        expect(parts).toEqual(['our-name', 'hello']);
        expect(properties).toEqual({
          'X-Zone': 'south',
          'X-Empty': '',
          'Socket-Type': 'DEALER',
          Identity: 'our-name',
        });
        dealer.close();
        await router.close();
      },
    );
  });
}
