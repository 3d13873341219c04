import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Channel,
  Client,
  Dealer,
  Dish,
  Gather,
  Pair,
  PeerSocket,
  Publisher,
  Pull,
  Push,
  Radio,
  type Readable,
  Reply,
  Request,
  Router,
  Scatter,
  Server,
  type Socket,
  Subscriber,
  type Writable,
  XPublisher,
  XSubscriber,
} from '@nest-zmq/core';
import { untilPeers } from '../support/sockets.js';
import { LARGE, type LibzmqPeer, type Part, type Parts, type RemoteSocket } from './libzmq-peer.js';

/**
 * One socket of a pair, ours or libzmq's: an exchange is written once for both. What
 * stands beside a draft type's one part is the first of two parts here: the routing id
 * of a SERVER or PEER in decimal, the group of a RADIO or DISH.
 */
export interface Side {
  send(...parts: Parts): Promise<void>;
  receive(): Promise<Parts>;
  subscribe(topic: string): Promise<void>;
  unsubscribe(topic: string): Promise<void>;
  /** PEER: the routing id of its only peer, when that is there; `undefined` where the binding does not show it. */
  onlyPeer(): Promise<string | undefined>;
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
  SERVER: Server,
  CLIENT: Client,
  RADIO: Radio,
  DISH: Dish,
  GATHER: Gather,
  SCATTER: Scatter,
  PEER: PeerSocket,
  CHANNEL: Channel,
} as const;

interface Extras {
  readonly routingId?: number;
  readonly group?: Buffer;
}

/** What stands beside the part, as it is given and as it comes. */
const beside: { readonly [type in SocketTypeName]?: (text: string) => Extras } = {
  SERVER: (text) => ({ routingId: Number(text) }),
  PEER: (text) => ({ routingId: Number(text) }),
  RADIO: (text) => ({ group: Buffer.from(text, 'latin1') }),
};

export type SocketTypeName = keyof typeof classes;

/** What the matrix sets on a socket of either kind. */
export interface SideOptions {
  readonly routingId?: string;
  readonly probeRouter?: boolean;
  readonly helloMessage?: string;
  readonly reconnectInterval?: number;
  /** Ours only: libzmq always does. */
  readonly legacy?: boolean;
  readonly security?: SideSecurity;
}

/** Options of security, which are the same on both sides. */
export type SideSecurity = Partial<
  Record<'plainServer' | 'curveServer' | 'zapEnforceDomain', boolean> &
    Record<
      'plainUsername' | 'plainPassword' | 'curvePublicKey' | 'curveSecretKey' | 'curveServerKey' | 'zapDomain',
      string
    >
>;

export class OwnSide implements Side {
  readonly socket: Socket;
  readonly #type: SocketTypeName;

  constructor(type: SocketTypeName, { security, ...options }: SideOptions = {}) {
    this.#type = type;
    const all = { linger: 0, ...options, ...security };
    this.socket = new (classes[type] as new (options: object) => Socket)(all);
  }

  send(...parts: Parts): Promise<void> {
    const extras = beside[this.#type];
    if (extras === undefined) return (this.socket as Socket & Writable).send(parts.map(toBuffer));
    const [first, body] = parts as [string, Part];
    return (this.socket as Radio & Server).send(toBuffer(body), extras(first) as Required<Extras>);
  }

  async receive(): Promise<Parts> {
    const parts = await (this.socket as Socket & Readable<readonly (Buffer | Extras)[]>).receive();
    const last = parts.at(-1)!;
    if (Buffer.isBuffer(last)) return (parts as Buffer[]).map(toPart);
    return [last.group?.toString('latin1') ?? String(last.routingId), toPart(parts[0] as Buffer)];
  }

  subscribe(topic: string): Promise<void> {
    const bytes = Buffer.from(topic, 'latin1');
    if (this.socket instanceof Dish) this.socket.join(bytes);
    else (this.socket as Subscriber).subscribe(bytes);
    return Promise.resolve();
  }

  unsubscribe(topic: string): Promise<void> {
    const bytes = Buffer.from(topic, 'latin1');
    if (this.socket instanceof Dish) this.socket.leave(bytes);
    else (this.socket as Subscriber).unsubscribe(bytes);
    return Promise.resolve();
  }

  async onlyPeer(): Promise<string> {
    await untilPeers(this.socket, 1);
    return String(this.socket.peer!.routingId!.readUInt32BE());
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
const HELLO_MSG = 110;
const securityNumbers: Readonly<Record<keyof SideSecurity, number>> = {
  plainServer: 44,
  plainUsername: 45,
  plainPassword: 46,
  curveServer: 47,
  curvePublicKey: 48,
  curveSecretKey: 49,
  curveServerKey: 50,
  zapDomain: 55,
  zapEnforceDomain: 93,
};

export class LibzmqSide implements Side {
  readonly #socket: RemoteSocket;

  private constructor(socket: RemoteSocket) {
    this.#socket = socket;
  }

  static async open(peer: LibzmqPeer, type: number, given: SideOptions = {}): Promise<LibzmqSide> {
    const { routingId, probeRouter, helloMessage, security = {} } = given;
    const options: Record<number, number | string> = {};
    for (const [name, value] of Object.entries(security))
      options[securityNumbers[name as keyof SideSecurity]] = typeof value === 'string' ? value : Number(value);
    if (routingId !== undefined) options[ROUTING_ID] = routingId;
    if (probeRouter !== undefined) options[PROBE_ROUTER] = 1;
    if (helloMessage !== undefined) options[HELLO_MSG] = helloMessage;
    return new LibzmqSide(await peer.open(type, options));
  }

  send = (...parts: Parts): Promise<void> => this.#socket.send(parts);
  receive = (): Promise<Parts> => this.#socket.receive();
  subscribe = (topic: string): Promise<void> => this.#socket.subscribe(topic);
  unsubscribe = (topic: string): Promise<void> => this.#socket.unsubscribe(topic);
  onlyPeer = (): Promise<undefined> => Promise.resolve(undefined);
  bind = (endpoint: string): Promise<string> => this.#socket.bind(endpoint);
  connect = (endpoint: string): Promise<void> => this.#socket.connect(endpoint);
  close = (): Promise<void> => this.#socket.close();
}

export function toBuffer(part: Part): Buffer {
  return typeof part === 'string' ? Buffer.from(part, 'latin1') : pattern(part.large);
}

export function toPart(part: Buffer): Part {
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
