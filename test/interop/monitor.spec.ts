import { socketTypes } from '../../libs/zmq-core/src/foundation/socket-type.js';
import { EventLog } from '../support/stage.js';
import { libraries, LibzmqPeer, type RemoteSocket, whileTicking } from './libzmq-peer.js';
import { newIpcEndpoint, OwnSide } from './sides.js';

const RECONNECT_IVL = 18;
const INTERVAL = 10;

/** A socket of either kind with its monitor. */
interface Monitored {
  bind(endpoint: string): Promise<string>;
  unbind(endpoint: string): Promise<void>;
  connect(endpoint: string): Promise<void>;
  disconnect(endpoint: string): Promise<void>;
  readonly types: readonly string[];
  readonly all: readonly { readonly type: string; readonly address?: string }[];
  /** Until so many of a type have come since the beginning. */
  until(type: string, count?: number): Promise<void>;
  readonly intervals: readonly number[];
  close(): Promise<void>;
}

class OwnMonitored implements Monitored {
  readonly #side = new OwnSide('DEALER', { reconnectInterval: INTERVAL });
  readonly #events = new EventLog(this.#side.socket);

  bind = (endpoint: string): Promise<string> => this.#side.bind(endpoint);
  unbind = (endpoint: string): Promise<void> => this.#side.socket.unbind(endpoint);
  connect = (endpoint: string): Promise<void> => this.#side.connect(endpoint);
  close = (): Promise<void> => this.#side.close();
  until = (type: string, count = 1): Promise<void> => this.#events.until(type as 'end', count);

  disconnect(endpoint: string): Promise<void> {
    this.#side.socket.disconnect(endpoint);
    return Promise.resolve();
  }

  get types(): readonly string[] {
    return this.#events.types;
  }

  get all(): readonly { readonly type: string; readonly address?: string }[] {
    return this.#events.all;
  }

  get intervals(): readonly number[] {
    return this.#events.all.flatMap((event) => (event.type === 'connect:retry' ? [event.interval] : []));
  }
}

class LibzmqMonitored implements Monitored {
  readonly #socket: RemoteSocket;

  private constructor(socket: RemoteSocket) {
    this.#socket = socket;
  }

  static async open(peer: LibzmqPeer): Promise<LibzmqMonitored> {
    const socket = await peer.open(socketTypes.DEALER.id, { [RECONNECT_IVL]: INTERVAL });
    await socket.monitor();
    return new LibzmqMonitored(socket);
  }

  bind = (endpoint: string): Promise<string> => this.#socket.bind(endpoint);
  unbind = (endpoint: string): Promise<void> => this.#socket.unbind(endpoint);
  connect = (endpoint: string): Promise<void> => this.#socket.connect(endpoint);
  disconnect = (endpoint: string): Promise<void> => this.#socket.disconnect(endpoint);
  until = (type: string, count = 1): Promise<void> => this.#socket.events.until(type, count);
  close = (): Promise<void> => this.#socket.close();

  get types(): readonly string[] {
    return this.#socket.events.types;
  }

  get all(): readonly { readonly type: string; readonly address: string }[] {
    return this.#socket.events.all;
  }

  get intervals(): readonly number[] {
    return this.#socket.events.all.flatMap(({ type, value }) => (type === 'connect:retry' ? [value] : []));
  }
}

for (const library of libraries) {
  (library.missing === undefined ? describe : describe.skip)(`the same events here and in ${library.name}`, () => {
    let peer: LibzmqPeer;
    const open: Monitored[] = [];

    beforeAll(async () => {
      peer = await LibzmqPeer.start(library);
    });

    afterEach(() => Promise.all(open.splice(0).map((each) => each.close())));

    afterAll(() => peer.stop());

    describe.each([
      ['tcp', (): string => 'tcp://127.0.0.1:*', ['connect:delay']],
      ['ipc', newIpcEndpoint, []],
    ] as const)('over %s', (_name, address, dialing) => {
      describe.each([
        ['ours connects', true],
        ['ours is bound', false],
      ] as const)('%s', (_role, oursConnects) => {
        let connecter: Monitored;
        let binder: Monitored;
        let endpoint = '';

        beforeEach(async () => {
          const [ours, theirs] = [new OwnMonitored(), await LibzmqMonitored.open(peer)];
          open.push(ours, theirs);
          [connecter, binder] = oursConnects ? [ours, theirs] : [theirs, ours];
          endpoint = await binder.bind(address());
        });

        async function connected(count = 1): Promise<void> {
          await seen(connecter, 'handshake', count);
          await seen(binder, 'handshake', count);
        }

        /** Their socket ends a connection only when it is asked something after that. */
        async function seen(side: Monitored, type: string, count?: number): Promise<void> {
          await whileTicking(side.until(type, count), () => peer.ping());
        }

        it('of a connect', async () => {
          await connecter.connect(endpoint);
          await connected();
          expect(connecter.types).toEqual([...dialing, 'connect', 'handshake']);
          expect(binder.types).toEqual(['bind', 'accept', 'handshake']);
          for (const { address } of [...connecter.all, ...binder.all]) expect(address).toBe(endpoint);
        });

        it('of a disconnect', async () => {
          await connecter.connect(endpoint);
          await connected();
          await connecter.disconnect(endpoint);
          await seen(binder, 'disconnect');
          expect(connecter.types).toEqual([...dialing, 'connect', 'handshake']);
          expect(binder.types).toEqual(['bind', 'accept', 'handshake', 'disconnect']);
          expect(binder.all.at(-1)!.address).toBe(endpoint);
        });

        it('of a binder that goes away and comes back', async () => {
          await connecter.connect(endpoint);
          await connected();
          await binder.unbind(endpoint);
          await seen(connecter, 'connect:retry', 3);
          await binder.bind(endpoint);
          await connected(2);

          const retry = [...dialing, 'close', 'connect:retry'];
          const first = [...dialing, 'connect', 'handshake', 'disconnect', 'connect:retry'];
          const retries = (connecter.types.length - first.length - dialing.length - 2) / retry.length;
          expect(connecter.types).toEqual([
            ...first,
            ...Array.from({ length: retries }, () => retry).flat(),
            ...dialing,
            'connect',
            'handshake',
          ]);
          expect(binder.types).toEqual(['bind', 'accept', 'handshake', 'close', 'bind', 'accept', 'handshake']);
          for (const interval of connecter.intervals) {
            expect(interval).toBeGreaterThanOrEqual(INTERVAL);
            expect(interval).toBeLessThan(2 * INTERVAL);
          }
        });

        it('of a connect to nobody', async () => {
          await binder.unbind(endpoint);
          await seen(binder, 'close');
          await connecter.connect(endpoint);
          await seen(connecter, 'connect:retry', 2);
          const retry = [...dialing, 'close', 'connect:retry'];
          expect(connecter.types.slice(0, 2 * retry.length)).toEqual([...retry, ...retry]);
        });
      });
    });
  });
}
