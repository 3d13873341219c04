import { socketTypes } from '../../libs/zmq-core/src/foundation/socket-type.js';
import { exchanges } from './exchanges.js';
import { draftExchanges } from './draft-exchanges.js';
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
  const both = [
    { exchange, own: 0 as const },
    { exchange, own: 1 as const },
  ];
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
    const open: Side[] = [];

    afterEach(() => Promise.all(open.splice(0).map((side) => side.close())));

    beforeAll(async () => {
      peer = await LibzmqPeer.start(library);
    });

    afterAll(() => peer.stop());

    describe.each(transports)('over %s', (_name, wildcard) => {
      for (const { exchange, own } of roles) {
        const [ours, theirs] = [exchange.types[own], exchange.types[1 - own]!];
        const skipped = library.withoutDrafts !== undefined && draftExchanges.includes(exchange);
        (skipped ? it.skip : it).each([
          ['bound', true],
          ['connecting', false],
        ] as const)(`our ${ours}, %s, with its ${theirs}`, async (_how, weBind) => {
          const { options = [{}, {}] } = exchange;
          const our = new OwnSide(ours, options[own]);
          const their = await LibzmqSide.open(peer, socketTypes[theirs].id, options[1 - own]);
          open.push(our, their);
          const [binder, connecter]: [Side, Side] = weBind ? [our, their] : [their, our];
          await connecter.connect(await binder.bind(wildcard));
          const [first, second]: [Side, Side] = own === 0 ? [our, their] : [their, our];
          await exchange.run(first, second, () => peer.ping());
        });
      }
    });
  });
}

function key(a: string, b: string): string {
  return [a, b].sort().join('–');
}
