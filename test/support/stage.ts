import {
  type Clock,
  type Context,
  createContext,
  Dealer,
  type Event,
  type EventType,
  Router,
  type Socket,
  type SocketOptions,
} from '@nest-zmq/core';
import { RawPeer } from './raw-peer.js';

/** A record, so that the compiler misses a type that is not listed. */
const eventTypes: Record<EventType, null> = {
  accept: null,
  'accept:error': null,
  bind: null,
  'bind:error': null,
  close: null,
  'close:error': null,
  connect: null,
  'connect:delay': null,
  'connect:retry': null,
  disconnect: null,
  end: null,
  handshake: null,
  'handshake:error:auth': null,
  'handshake:error:other': null,
  'handshake:error:protocol': null,
};

/** Writes down the events of a socket, and lets a test wait for them. */
export class EventLog {
  readonly all: Event[] = [];
  #from = 0;
  #waiting: (() => void)[] = [];

  constructor(socket: Socket) {
    for (const type of Object.keys(eventTypes) as EventType[]) {
      socket.events.on(type, (event) => {
        this.all.push(event);
        for (const wake of this.#waiting.splice(0)) wake();
      });
    }
  }

  /** What comes from now on is new. */
  mark(): void {
    this.#from = this.all.length;
  }

  /** The events since the mark. */
  get fresh(): readonly Event[] {
    return this.all.slice(this.#from);
  }

  get types(): readonly string[] {
    return this.fresh.map(({ type }) => type);
  }

  /** The reasons of the events since the mark. */
  get reasons(): readonly Error[] {
    return this.fresh.flatMap(({ reason }) => (reason === undefined ? [] : [reason]));
  }

  /** Resolves when `count` new events of the type have come. */
  async until(type: EventType, count = 1): Promise<void> {
    while (this.types.filter((other) => other === type).length < count) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }
}

/**
 * A ROUTER with one good peer, for a raw peer to misbehave at. Time stands still
 * unless the test moves the clock.
 */
export class Stage {
  readonly context: Context;
  readonly router: Router;
  readonly dealer: Dealer;
  readonly events: EventLog;
  #exchanged = 0;

  private constructor(clock: Clock, options: SocketOptions<'ROUTER'>) {
    this.context = createContext({ clock });
    this.router = new Router({ context: this.context, linger: 0, ...options });
    this.dealer = new Dealer({ context: this.context, linger: 0, routingId: 'good peer' });
    this.events = new EventLog(this.router);
  }

  static async set(clock: Clock, options: SocketOptions<'ROUTER'> = {}): Promise<Stage> {
    const stage = new Stage(clock, options);
    await stage.router.bind('tcp://127.0.0.1:*');
    stage.dealer.connect(stage.endpoint);
    await stage.exchange();
    stage.events.mark();
    return stage;
  }

  get endpoint(): string {
    return this.router.lastEndpoint!;
  }

  raw(): Promise<RawPeer> {
    return RawPeer.connect(this.endpoint);
  }

  /** The good peer asks and is answered. Throws if the ROUTER gets anything else first. */
  async exchange(): Promise<void> {
    const question = `question ${++this.#exchanged}`;
    await this.dealer.send(question);
    const [id, body] = (await this.router.receive()) as [Buffer, Buffer];
    if (String(id) !== 'good peer' || String(body) !== question) {
      throw new Error(`the ROUTER received ${JSON.stringify([id, body].map(String))} before ${question}`);
    }
    await this.router.send([id, 'answer']);
    await this.dealer.receive();
  }

  /**
   * What is left of a misbehaviour: the events of the offender, after the good peer was
   * served. Throws if anything of the offender reached the application.
   */
  async aftermath(): Promise<{ types: readonly string[]; reasons: readonly string[] }> {
    await this.events.until('disconnect');
    await this.exchange();
    return { types: this.events.types, reasons: this.events.reasons.map(({ message }) => message) };
  }

  close(): void {
    this.dealer.close();
    this.router.close();
  }
}
