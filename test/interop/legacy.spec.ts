import { socketTypes } from '../../libs/zmq-core/src/foundation/socket-type.js';
import { type OldVersion, VersionRelay } from '../support/version-relay.js';
import { type Exchange, exchanges } from './exchanges.js';
import { libraries, LibzmqPeer } from './libzmq-peer.js';
import { LibzmqSide, OwnSide, type Side } from './sides.js';

/*
 * libzmq speaks ZMTP 2.0 and 1.0 when it believes that its peer knows no other, and so
 * does a `legacy` socket: a relay makes both believe it.
 */

const LAST_CLASSIC = socketTypes.XSUB.id;

/** The drafts have no `legacy`: no older version knew them. */
function isClassic({ types }: Exchange): boolean {
  return types.every((type) => socketTypes[type].id <= LAST_CLASSIC);
}

/** Of an XPUB the exchange expects to hear all subscriptions: a 1.0 subscriber sends none, and gets everything. */
function isFor(version: OldVersion, { types }: Exchange): boolean {
  return version === '2.0' || !types.some((type) => type === 'XPUB' || type === 'XSUB');
}

const versions: readonly OldVersion[] = ['2.0', '1.0'];

describe.each(versions)('two of our own, in ZMTP %s', (version) => {
  const open: Side[] = [];
  let relay: VersionRelay | undefined;

  afterEach(async () => {
    await Promise.all(open.splice(0).map((side) => side.close()));
    relay?.close();
  });

  it.each(exchanges.filter((exchange) => isClassic(exchange) && isFor(version, exchange)).map((exchange) => [exchange.types.join('–'), exchange] as const))(
    '%s',
    async (_name, exchange) => {
      const { types, options = [{}, {}] } = exchange;
      const [first, second] = [
        new OwnSide(types[0], { ...options[0], legacy: true }),
        new OwnSide(types[1], { ...options[1], legacy: true }),
      ];
      open.push(first, second);
      relay = await VersionRelay.start(await first.bind('tcp://127.0.0.1:*'), version);
      await second.connect(relay.endpoint);
      await exchange.run(first, second, () => new Promise((resolve) => void setImmediate(resolve)));
      // They told each other nothing of themselves.
      expect(first.socket.peers.map(({ properties }) => Object.keys(properties))).toEqual([['Peer-Address']]);
    },
  ); // prettier-ignore
});

for (const library of libraries) {
  (library.missing === undefined ? describe : describe.skip)(library.name, () => {
    let peer: LibzmqPeer;
    const open: Side[] = [];
    const relays: VersionRelay[] = [];

    beforeAll(async () => {
      peer = await LibzmqPeer.start(library);
    });

    afterAll(() => peer.stop());

    afterEach(async () => {
      await Promise.all(open.splice(0).map((side) => side.close()));
      for (const relay of relays.splice(0)) relay.close();
    });

    async function meet(exchange: Exchange, own: 0 | 1, weBind: boolean, version: OldVersion | '3.1'): Promise<void> {
      const { types, options = [{}, {}] } = exchange;
      const our = new OwnSide(types[own], { ...options[own], legacy: true });
      const their = await LibzmqSide.open(peer, socketTypes[types[1 - own]!].id, options[1 - own]);
      open.push(our, their);
      const [binder, connecter]: [Side, Side] = weBind ? [our, their] : [their, our];
      let endpoint = await binder.bind('tcp://127.0.0.1:*');
      if (version !== '3.1') {
        const relay = await VersionRelay.start(endpoint, version);
        relays.push(relay);
        endpoint = relay.endpoint;
      }
      await connecter.connect(endpoint);
      const [first, second]: [Side, Side] = own === 0 ? [our, their] : [their, our];
      await exchange.run(first, second, () => peer.ping());
      const announced = our.socket.peers.map(({ properties }) => 'Socket-Type' in properties);
      expect(announced).toEqual([version === '3.1']);
    }

    const roles = exchanges.filter(isClassic).flatMap((exchange) => {
      const both = ([0, 1] as const).map((own) => ({ exchange, own }));
      return exchange.types[0] === exchange.types[1] && exchange.options === undefined ? both.slice(0, 1) : both;
    });

    describe.each(['3.1', ...versions] as const)('in ZMTP %s', (version) => {
      for (const { exchange, own } of roles) {
        if (version !== '3.1' && !isFor(version, exchange)) continue;
        const [ours, theirs] = [exchange.types[own], exchange.types[1 - own]!];
        it(`our ${ours}, bound, with its ${theirs}`, () => meet(exchange, own, true, version));
        it(`our ${ours}, connecting, with its ${theirs}`, () => meet(exchange, own, false, version));
      }
    });
  });
}
