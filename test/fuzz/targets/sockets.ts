import {
  createContext,
  Dealer,
  type EventType,
  Pair,
  Publisher,
  Pull,
  Push,
  Reply,
  Request,
  Router,
  type Socket,
  stats,
  Subscriber,
  XPublisher,
  XSubscriber,
} from '@nest-zmq/core';
import type { SocketTypeName } from '../../../libs/zmq-core/src/foundation/socket-type.js';
import { optionTable } from '../../../libs/zmq-core/src/socket/option-table.js';
import { ManualClock } from '../../../libs/zmq-core/src/testing/manual-clock.js';
import type { Session } from '../mutator.js';
import { type Chance, hold, type Target } from '../target.js';
import { allowAllocations } from './allocations.js';
import { limits } from './connection-target.js';
import { MemoryTransport } from './memory-transport.js';

const endings: readonly EventType[] = [
  ...(['disconnect', 'handshake:error:auth', 'handshake:error:other', 'handshake:error:protocol'] as const),
];
/** More than any input needs, and few enough to notice one that waits for ever. */
const TURNS = 20;
const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** What an application does with a socket: reads what there is, and says something to whoever is there. */
type Application = (socket: Socket) => (() => void) | undefined;

interface Kind {
  readonly open: (options: object) => Socket;
  readonly application: Application;
}

function readAll(socket: Pull | Router | Pair): void {
  socket.onMessage(() => {});
}

const kinds: Partial<Record<SocketTypeName, Kind>> = {
  ROUTER: {
    open: (options) => new Router({ ...options, handover: true }),
    application: (socket) => {
      const router = socket as Router;
      router.onMessage((message) => void router.trySend([message[0]!, 'answer']));
      return undefined;
    },
  },
  DEALER: {
    open: (options) => new Dealer(options),
    application: (socket) => {
      readAll(socket as Pull);
      return () => void (socket as Dealer).trySend('hello');
    },
  },
  REP: {
    open: (options) => new Reply(options),
    application: (socket) => {
      const reply = socket as Reply;
      reply.onMessage(() => void reply.trySend('answer'));
      return undefined;
    },
  },
  REQ: {
    open: (options) => new Request({ ...options, relaxed: true, correlate: true }),
    application: (socket) => {
      readAll(socket as unknown as Pull);
      return () => void (socket as Request).trySend('question');
    },
  },
  PUB: {
    open: (options) => new Publisher({ ...options, maxSubscriptions: 20, maxSubscriptionBytes: 500 }),
    application: (socket) => () => void (socket as Publisher).trySend(['A', 'x']),
  },
  XPUB: {
    open: (options) => new XPublisher({ ...options, maxSubscriptions: 20, maxSubscriptionBytes: 500 }),
    application: (socket) => {
      readAll(socket as unknown as Pull);
      return () => void (socket as XPublisher).trySend(['topic 1', 'x']);
    },
  },
  SUB: {
    open: (options) => {
      const subscriber = new Subscriber(options);
      subscriber.subscribe('');
      return subscriber;
    },
    application: (socket) => {
      readAll(socket as unknown as Pull);
      return undefined;
    },
  },
  XSUB: {
    open: (options) => new XSubscriber(options),
    application: (socket) => {
      readAll(socket as unknown as Pull);
      return () => void (socket as XSubscriber).trySend('\x01A');
    },
  },
  PULL: {
    open: (options) => new Pull(options),
    application: (socket) => {
      readAll(socket as Pull);
      return undefined;
    },
  },
  PUSH: { open: (options) => new Push(options), application: (socket) => () => void (socket as Push).trySend('task') },
  PAIR: {
    open: (options) => new Pair(options),
    application: (socket) => {
      readAll(socket as Pair);
      return () => void (socket as Pair).trySend('hello');
    },
  },
};

/**
 * A whole socket, bound for as long as the campaign is: each input is a peer that connects,
 * says its bytes and goes. It must leave nothing behind, and one event must say why it went.
 */
class SocketTarget implements Target {
  readonly name: string;
  readonly corpus: readonly Session[];
  readonly #type: SocketTypeName;
  readonly #kind: Kind;
  readonly #clock = new ManualClock();
  readonly #transport = new MemoryTransport();
  readonly #context = createContext({ clock: this.#clock, transports: [this.#transport] });
  #socket: Socket | undefined;
  #act: (() => void) | undefined;
  #reasons = 0;
  #gauges = { connections: 0, handshakes: 0 };

  constructor(type: SocketTypeName, kind: Kind, corpus: readonly Session[]) {
    this.name = `socket ${type}`;
    this.corpus = corpus;
    this.#type = type;
    this.#kind = kind;
  }

  async run(chunks: readonly Buffer[], chance: Chance): Promise<void> {
    const socket = (this.#socket ??= await this.#open());
    this.#reasons = 0;
    const bytes = chunks.reduce((sum, { length }) => sum + length, 0);
    const stream = this.#transport.accept();
    try {
      for (const chunk of chunks) {
        for (let turns = 0; stream.paused && turns < TURNS; turns++) await turn();
        hold(!stream.paused, 'the peer is paused, and nobody lets it go on');
        if (!stream.isOpen) break;
        allowAllocations(bytes, () => stream.data(chunk));
        if (this.#act !== undefined && chance.chance(0.1)) this.#act();
        if (chance.chance(0.02)) await turn();
        if (chance.chance(0.05)) this.#clock.advance(chance.below(3000));
      }
    } finally {
      // Also for the next input. Signals travel in microtasks.
      await Promise.resolve();
      stream.close();
      for (let turns = 0; socket.peers.length > 0 && turns < TURNS; turns++) await turn();
    }
    this.#expectNothingLeft(socket);
  }

  async close(): Promise<void> {
    this.#socket?.close();
    await this.#context.terminate();
  }

  async #open(): Promise<Socket> {
    const marks = { sendHighWaterMark: 20, receiveHighWaterMark: 3 };
    const own = Object.entries(marks).filter(([name]) =>
      optionTable[name as keyof typeof marks].on.some((type) => type === this.#type),
    );
    const options = {
      context: this.#context,
      linger: 0,
      heartbeatInterval: 1000,
      ...limits,
      ...Object.fromEntries(own),
    };
    const socket = this.#kind.open(options);
    for (const type of endings) {
      socket.events.on(type, ({ reason }) => {
        if (reason !== undefined) this.#reasons++;
      });
    }
    this.#act = this.#kind.application(socket);
    await socket.bind(`tcp://10.0.0.2:5`);
    const { connections, handshakes } = stats();
    this.#gauges = { connections, handshakes };
    return socket;
  }

  #expectNothingLeft(socket: Socket): void {
    hold(this.#reasons === 1, `${this.#reasons} events said why the peer is gone`);
    hold(socket.peers.length === 0, `${socket.peers.length} peers are left`);
    const { connections, handshakes } = stats();
    hold(connections === this.#gauges.connections, `${connections} connections are left`);
    hold(handshakes === this.#gauges.handshakes, `${handshakes} handshakes are left`);
    hold(this.#clock.pending === 0, `${this.#clock.pending} timers are left`);
    if (this.#type === 'PUB' || this.#type === 'XPUB')
      hold((socket as Publisher).topicsCount === 0, `${(socket as Publisher).topicsCount} topics are left`);
  }
}

/** @param sessionsOf what good peers of a type say */
export function socketTargets(sessionsOf: (type: SocketTypeName) => readonly Session[]): Target[] {
  return (Object.entries(kinds) as [SocketTypeName, Kind][]).map(
    ([type, kind]) => new SocketTarget(type, kind, sessionsOf(type)),
  );
}
