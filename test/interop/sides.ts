import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Dealer,
  Pair,
  Publisher,
  Pull,
  Push,
  type Readable,
  Reply,
  Request,
  Router,
  type Socket,
  Subscriber,
  type Writable,
  XPublisher,
  XSubscriber,
} from '@nest-zmq/core';
import { LARGE, type LibzmqPeer, type Part, type Parts, type RemoteSocket } from './libzmq-peer.js';

/** One socket of a pair, ours or libzmq's: an exchange is written once for both. */
export interface Side {
  send(...parts: Parts): Promise<void>;
  receive(): Promise<Parts>;
  subscribe(topic: string): Promise<void>;
  unsubscribe(topic: string): Promise<void>;
  bind(endpoint: string): Promise<string>;
  connect(endpoint: string): Promise<void>;
  close(): Promise<void>;
}

const classes = {
  PAIR: Pair,
  PUB: Publisher,
  SUB: Subscriber,
  REQ: Request,
  REP: Reply,
  DEALER: Dealer,
  ROUTER: Router,
  PULL: Pull,
  PUSH: Push,
  XPUB: XPublisher,
  XSUB: XSubscriber,
} as const;

export type SocketTypeName = keyof typeof classes;

/** What the matrix sets on a socket of either kind. */
export interface SideOptions {
  readonly routingId?: string;
  readonly probeRouter?: boolean;
  readonly reconnectInterval?: number;
}

export class OwnSide implements Side {
  readonly socket: Socket;

  constructor(type: SocketTypeName, options: SideOptions = {}) {
    this.socket = new (classes[type] as new (options: object) => Socket)({ linger: 0, ...options });
  }

  send(...parts: Parts): Promise<void> {
    return (this.socket as Socket & Writable).send(parts.map(toBuffer));
  }

  async receive(): Promise<Parts> {
    return (await (this.socket as Socket & Readable).receive()).map(toPart);
  }

  subscribe(topic: string): Promise<void> {
    (this.socket as Subscriber).subscribe(Buffer.from(topic, 'latin1'));
    return Promise.resolve();
  }

  unsubscribe(topic: string): Promise<void> {
    (this.socket as Subscriber).unsubscribe(Buffer.from(topic, 'latin1'));
    return Promise.resolve();
  }

  async bind(endpoint: string): Promise<string> {
    await this.socket.bind(endpoint);
    return this.socket.lastEndpoint!;
  }

  connect(endpoint: string): Promise<void> {
    this.socket.connect(endpoint);
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.socket.close();
    return Promise.resolve();
  }
}

const ROUTING_ID = 5;
const PROBE_ROUTER = 51;

export class LibzmqSide implements Side {
  readonly #socket: RemoteSocket;

  private constructor(socket: RemoteSocket) {
    this.#socket = socket;
  }

  static async open(peer: LibzmqPeer, type: number, { routingId, probeRouter }: SideOptions = {}): Promise<LibzmqSide> {
    const options: Record<number, number | string> = {};
    if (routingId !== undefined) options[ROUTING_ID] = routingId;
    if (probeRouter !== undefined) options[PROBE_ROUTER] = 1;
    return new LibzmqSide(await peer.open(type, options));
  }

  send = (...parts: Parts): Promise<void> => this.#socket.send(parts);
  receive = (): Promise<Parts> => this.#socket.receive();
  subscribe = (topic: string): Promise<void> => this.#socket.subscribe(topic);
  unsubscribe = (topic: string): Promise<void> => this.#socket.unsubscribe(topic);
  bind = (endpoint: string): Promise<string> => this.#socket.bind(endpoint);
  connect = (endpoint: string): Promise<void> => this.#socket.connect(endpoint);
  close = (): Promise<void> => this.#socket.close();
}

function toBuffer(part: Part): Buffer {
  return typeof part === 'string' ? Buffer.from(part, 'latin1') : pattern(part.large);
}

function toPart(part: Buffer): Part {
  if (part.length < LARGE) return part.toString('latin1');
  return part.equals(pattern(part.length)) ? { large: part.length } : `${part.length} damaged bytes`;
}

const PATTERN = Buffer.from(Array.from({ length: 256 }, (_, i) => i));

function pattern(size: number): Buffer {
  return Buffer.alloc(size, PATTERN);
}

let directory: string | undefined;
let paths = 0;

/** A path of its own, which can be bound again after an unbind: `ipc://*` takes its directory away with it. */
export function newIpcEndpoint(): string {
  directory ??= mkdtempSync(join(tmpdir(), 'zmq-interop-'));
  return `ipc://${join(directory, String(++paths))}`;
}

afterAll(() => {
  if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
});
