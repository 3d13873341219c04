import type { ConnectionFailure, ConnectionSink, FrameRun } from '../../../libs/zmq-core/src/connection/connection.js';
import type { Multipart } from '../../../libs/zmq-core/src/foundation/multipart.js';
import type { PeerInfo } from '../../../libs/zmq-core/src/foundation/peer-info.js';
import { isLegalPeer, isRaw, type SocketTypeName } from '../../../libs/zmq-core/src/foundation/socket-type.js';
import { Broken, hold } from '../target.js';

export interface Limits {
  readonly maxMessageSize: number;
  readonly maxFramesPerMessage: number;
  readonly maxUnfinishedBytes: number;
}

/** What a connection adds to what came: the empty messages of a raw one, a byte of a subscription. */
const OVERHEAD = 8;

/**
 * Who may be said to be the user: nobody, where nobody was asked; `joe` and what else the
 * gate says of him, where it was; or either, where it is not looked at.
 */
export type ExpectedUser = 'nobody' | 'joe' | 'either';

/** A session that believes nothing: what a connection tells must be what it may tell now. */
export class WatchfulSink implements ConnectionSink {
  isReady = false;
  failure: ConnectionFailure | undefined;
  /** It refused the peer: nothing more may come. */
  refused = false;
  /** Messages that it takes before it has had enough. */
  room = Infinity;
  /** Whether it takes the peer when it is told of it. */
  welcomes = true;
  /** Bytes that were received: no more may be delivered. */
  received = 0;
  delivered = 0;
  messages = 0;
  /** Written down only when asked for. */
  trace: string[] | undefined;

  readonly #type: SocketTypeName;
  readonly #limits: Limits;
  readonly #isRaw: boolean;
  readonly #user: ExpectedUser;

  constructor(type: SocketTypeName, limits: Limits, user: ExpectedUser) {
    this.#user = user;
    this.#type = type;
    this.#limits = limits;
    this.#isRaw = isRaw(type);
  }

  get hasHadEnough(): boolean {
    return this.room <= 0;
  }

  ready(info: PeerInfo): boolean {
    hold(!this.isReady, 'ready was told twice');
    this.#expectOpen('ready');
    this.isReady = true;
    const { socketType, routingId, properties } = info;
    // Of a ZMTP 1.0 peer nobody knows the type, and a raw one has none.
    hold(socketType === '' || isLegalPeer(this.#type, socketType), `a ${socketType} was let in`);
    if (routingId !== undefined) {
      hold(routingId.length >= 1 && routingId.length <= 255, `a routing id of ${routingId.length} bytes`);
      hold(routingId[0] !== 0, 'a routing id that begins with zero');
    }
    if (this.#user !== 'either') this.#expectUser(properties);
    this.trace?.push(`ready ${socketType} ${routingId?.toString('hex')} ${Object.keys(properties).join()}`);
    this.refused = !this.welcomes;
    return this.welcomes;
  }

  message(message: Multipart): boolean {
    hold(this.room > 0, 'a message for who has had enough');
    this.#take(message);
    return --this.room > 0;
  }

  run(run: FrameRun): boolean {
    hold(run.length > 0, 'an empty run');
    hold(run.length <= this.room, `a run of ${run.length} for ${this.room}`);
    this.room -= run.length;
    while (run.length > 0) this.#take(run.shift());
    return this.room > 0;
  }

  failed(failure: ConnectionFailure): void {
    this.#expectOpen('a failure');
    hold(failure.error instanceof Error && failure.error.message !== '', 'a failure without a reason');
    if (failure.handshaking === this.isReady)
      throw new Broken(`handshaking: ${failure.handshaking}, ready: ${this.isReady}`);
    this.failure = failure;
    const code = (failure.error as { code?: unknown }).code;
    this.trace?.push(`failed ${failure.kind} ${String(code)} ${failure.error.message}`);
  }

  #expectUser(properties: PeerInfo['properties']): void {
    const said = (name: string): string[] =>
      Object.keys(properties).filter((each) => each.toLowerCase() === name).map((each) => properties[each]!); // prettier-ignore
    if (this.#user === 'nobody') {
      hold(said('user-id').length === 0, 'the peer said who it is, and is believed');
      return;
    }
    hold(said('user-id').join() === 'joe', `who was not admitted is let in, as "${said('user-id').join()}"`);
    hold(said('x-role').join() === 'admin', 'the peer said what its role is, and is believed');
  }

  #take(message: Multipart): void {
    hold(this.isReady, 'a message before the handshake was done');
    this.#expectOpen('a message');
    const { maxFramesPerMessage, maxMessageSize, maxUnfinishedBytes } = this.#limits;
    hold(message.length >= 1, 'a message without frames');
    if (message.length > maxFramesPerMessage) throw new Broken(`a message of ${message.length} frames`);
    let size = 0;
    for (let i = 0; i < message.length; i++) {
      const frame = message[i]!;
      hold(Buffer.isBuffer(frame), 'a frame that is none');
      if (!this.#isRaw && frame.length > maxMessageSize) throw new Broken(`a frame of ${frame.length} bytes`);
      size += frame.length;
    }
    if (!this.#isRaw && size > maxUnfinishedBytes) throw new Broken(`a message of ${size} bytes`);
    this.delivered += size;
    this.messages++;
    if (this.delivered > this.received + OVERHEAD)
      throw new Broken(`${this.delivered} bytes of ${this.received} were delivered`);
    this.trace?.push(`message ${message.map((frame) => frame.toString('latin1')).join('\n')}`);
  }

  #expectOpen(what: string): void {
    if (this.failure !== undefined) throw new Broken(`${what} after the failure`);
    if (this.refused) throw new Broken(`${what} of a refused peer`);
  }
}
