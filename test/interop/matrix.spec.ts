import { socketTypes } from '../../libs/zmq-core/src/foundation/socket-type.js';
import { exchanges, type Exchange } from './exchanges.js';
import { libraries, LibzmqPeer } from './libzmq-peer.js';
import { LibzmqSide, OwnSide, type Side } from './sides.js';

/** `['tcp', 'tcp://127.0.0.1:*']`, … */
const transports = [
  ['tcp', 'tcp://127.0.0.1:*'],
  ['ipc', 'ipc://*'],
] as const;

/** Each pair in both directions of roles: ours is the first, then the second. */
const roles = exchanges.flatMap((exchange) => {
  const [first, second] = exchange.types;
  const both = [{ exchange, own: 0 as const }, { exchange, own: 1 as const }];
  return first === second && exchange.options === undefined ? both.slice(0, 1) : both;
});

describe('the exchanges', () => {
  it('are those of the table of legal pairs, each once', () => {
    const legal = Object.entries(socketTypes).flatMap(([type, { peers }]) => peers.map((peer) => key(type, peer)));
    expect(exchanges.map(({ types }) => key(...types)).sort()).toEqual([...new Set(legal)].sort());
  });
});

for (const library of libraries) {
  (library.missing === undefined ? describe : describe.skip)(library.name, () => {
    let peer: LibzmqPeer;

    beforeAll(async () => {
      peer = await LibzmqPeer.start(library);
    });

    afterAll(() => peer.stop());

    describe.each(transports)('over %s', (_name, wildcard) => {
      for (const { exchange, own } of roles) {
        const [ours, theirs] = [exchange.types[own], exchange.types[1 - own]!];
        it.each([
          ['bound', true],
          ['connecting', false],
        ] as const)(`our ${ours}, %s, with its ${theirs}`, async (_how, weBind) => {
          await run(peer, exchange, own, wildcard, weBind);
        });
      }
    });
  });
}

async function run(peer: LibzmqPeer, exchange: Exchange, own: 0 | 1, wildcard: string, weBind: boolean): Promise<void> {
  const { types, options = [{}, {}] } = exchange;
  const ours = new OwnSide(types[own], options[own]);
  const theirType = types[1 - own]!;
  const theirs = await LibzmqSide.open(peer, socketTypes[theirType].id, options[1 - own]);
  try {
    const [binder, connecter]: [Side, Side] = weBind ? [ours, theirs] : [theirs, ours];
    await connecter.connect(await binder.bind(wildcard));
    const [first, second]: [Side, Side] = own === 0 ? [ours, theirs] : [theirs, ours];
    await exchange.run(first, second, () => peer.ping());
  } finally {
    await ours.close();
    await theirs.close();
  }
}

function key(a: string, b: string): string {
  return [a, b].sort().join('–');
}
