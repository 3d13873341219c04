import type { Multipart } from '../foundation/multipart.js';
import type { PeerInfo } from '../foundation/peer-info.js';
import type { RandomSource } from '../foundation/random.js';
import type { SocketTypeName } from '../foundation/socket-type.js';
import type { Attachment, PatternEnvironment, PatternOptions } from '../patterns/pattern.js';
import { createPattern } from '../patterns/pattern-table.js';
import { createPipe, type PipeEnd, type PipeHandler, type PipeMarks } from '../pipe/pipe.js';

const defaults: PatternOptions = {
  mandatory: false,
  handover: false,
  probeRouter: false,
  correlate: false,
  relaxed: false,
  noDrop: false,
  manual: false,
  verbosity: null,
  lastValue: false,
  welcomeMessage: null,
  onlyFirstSubscribe: false,
  verboseUnsubscribe: false,
  invertMatching: false,
  maxSubscriptions: 250_000,
  maxSubscriptionBytes: 64 * 2 ** 20,
  maxPendingNotifications: 500_000,
  maxPendingNotificationBytes: 128 * 2 ** 20,
};

/** Always the same bytes: a counter that starts at 0xfffffffe wraps after two. */
const fixedRandom: RandomSource = {
  bytes: (size) => Buffer.alloc(size, 0xff).fill(0xfe, size - 1),
  fraction: () => 0.5,
};

export function frames(...parts: (string | Buffer)[]): Multipart {
  return parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part));
}

export function text(message: Multipart | undefined): string[] | undefined {
  return message?.map((frame) => frame.toString('latin1'));
}

/** A mark of so many messages in both directions. */
export function marks(messages: number): PipeMarks {
  const mark = { messages, bytes: 0 };
  return { outward: mark, inward: mark };
}

/** The other side of a pipe: what a session, or a pattern over inproc, would hold. */
export class TestPeer implements PipeHandler {
  readonly end: PipeEnd;
  /** The pattern's end. */
  readonly own: PipeEnd;
  wakeUps = 0;
  closed: string | undefined;
  /** Runs within the wake-up, as over inproc. */
  whenReadable: (() => void) | undefined;

  constructor(own: PipeEnd, end: PipeEnd) {
    this.own = own;
    this.end = end;
    end.handler = this;
  }

  send(...parts: (string | Buffer)[]): boolean {
    return this.end.send(frames(...parts));
  }

  read(): string[] | undefined {
    return text(this.end.read());
  }

  readAll(): string[][] {
    const all: string[][] = [];
    for (let message = this.read(); message !== undefined; message = this.read()) all.push(message);
    return all;
  }

  close(): void {
    this.end.close({ code: 'closed', message: 'by the peer' });
  }

  hiccup(): void {
    this.end.hiccup({ code: 'ECONNRESET', message: 'lost' });
  }

  announce(routingId?: string): void {
    this.end.announcePeer(peerInfo(routingId));
  }

  onReadable(): void {
    this.wakeUps++;
    this.whenReadable?.();
  }

  onWritable(): void {}
  onHiccup(): void {}
  onPeer(): void {}
  onPeerGone(): void {}

  onClosed(_end: PipeEnd, { message }: { message: string }): void {
    this.closed = message;
  }
}

export function peerInfo(routingId?: string): PeerInfo {
  return {
    socketType: 'DEALER',
    routingId: routingId === undefined ? undefined : Buffer.from(routingId, 'latin1'),
    address: '127.0.0.1:1',
    properties: {},
  };
}

type PatternOf<T extends SocketTypeName> = ReturnType<typeof createPattern<T>>;

/** Drives a pattern as the running socket does. */
export class PatternHarness<T extends SocketTypeName> implements PipeHandler {
  readonly pattern: PatternOf<T>;
  readonly options: PatternOptions;
  readonly refused: string[] = [];

  constructor(
    type: T,
    options: Partial<PatternOptions> = {},
    create: (type: T, environment: PatternEnvironment) => PatternOf<T> = createPattern,
  ) {
    this.options = { ...defaults, ...options };
    this.pattern = create(type, {
      options: this.options,
      random: fixedRandom,
      refusePeer: (end, reason) => this.#refuse(end, reason),
      hangUp: (end) => this.#hangUp(end),
    });
  }

  /** A pipe of a peer that is not known yet. */
  attach(how: Partial<Attachment> = {}, pipeMarks?: PipeMarks): TestPeer {
    const [own, end] = createPipe(pipeMarks);
    own.handler = this;
    const peer = new TestPeer(own, end);
    this.pattern.attach(own, { dialed: false, ...how });
    return peer;
  }

  /** A pipe with its peer. */
  join(routingId?: string, pipeMarks?: PipeMarks): TestPeer {
    const peer = this.attach({}, pipeMarks);
    peer.announce(routingId);
    return peer;
  }

  /** As `disconnectPeer` does. */
  leave(peer: TestPeer): void {
    peer.own.close({ code: 'closed', message: 'by us' });
    this.pattern.detach(peer.own);
  }

  send(...parts: (string | Buffer)[]): boolean {
    return this.pattern.trySend(frames(...parts));
  }

  receive(): string[] | undefined {
    return text(this.pattern.tryReceive());
  }

  receiveAll(): string[][] {
    const all: string[][] = [];
    for (let message = this.receive(); message !== undefined; message = this.receive()) all.push(message);
    return all;
  }

  onReadable(end: PipeEnd): void {
    this.pattern.readable(end);
  }

  onWritable(end: PipeEnd): void {
    this.pattern.writable(end);
  }

  onHiccup(end: PipeEnd): void {
    this.pattern.hiccup(end);
  }

  onPeer(end: PipeEnd, info: PeerInfo): void {
    const reason = this.pattern.peerReady(end, info);
    if (reason !== undefined) this.#refuse(end, reason);
  }

  onPeerGone(): void {}

  onClosed(end: PipeEnd): void {
    this.pattern.detach(end);
  }

  #hangUp(end: PipeEnd): void {
    this.pattern.detach(end);
    end.close({ code: 'closed', message: 'hung up' });
  }

  #refuse(end: PipeEnd, reason: string): void {
    this.refused.push(reason);
    end.close({ code: 'EPROTO', message: reason });
    this.pattern.detach(end);
  }
}
