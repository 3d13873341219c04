import { Batch } from '../../../libs/zmq-core/src/connection/batch.js';
import type { Connection } from '../../../libs/zmq-core/src/connection/connection.js';
import type { Multipart } from '../../../libs/zmq-core/src/foundation/multipart.js';
import { isRaw, type SocketTypeName } from '../../../libs/zmq-core/src/foundation/socket-type.js';
import type { Session } from '../mutator.js';
import { Broken, type Chance, hold, type Target } from '../target.js';
import { allowAllocations } from './allocations.js';
import { type ExpectedUser, type Limits, WatchfulSink } from './watchful-sink.js';

export const HANDSHAKE_MS = 30_000;

/** What the mutants are held to. Small, so that they reach it. */
export const limits: Limits = { maxMessageSize: 4096, maxFramesPerMessage: 8, maxUnfinishedBytes: 6000 };

/** Part of the inputs that are tried twice: in any chunks, and in one. */
const COMPARED = 0.25;

const OUR_MESSAGE: Multipart = [Buffer.from('from us'), Buffer.alloc(0)];

/** Who guards our side. */
export interface Guard {
  readonly user: ExpectedUser;
  /** Brings the verdicts that it waits for; false when there is none. */
  readonly decide: () => boolean;
}

const nobody: Guard = { user: 'nobody', decide: () => false };

/** One side of a conversation, driven as a session does, with a peer that says what it likes. */
export class ConnectionTarget implements Target {
  readonly name: string;
  readonly corpus: readonly Session[];
  readonly #type: SocketTypeName;
  readonly #create: () => Connection;
  readonly #guard: Guard;
  readonly #batch = new Batch();

  /**
   * @param create makes the connection of our side; the same each time
   */
  constructor(
    name: string,
    type: SocketTypeName,
    corpus: readonly Session[],
    create: () => Connection,
    guard = nobody,
  ) {
    this.name = name;
    this.#guard = guard;
    this.#type = type;
    this.corpus = corpus;
    this.#create = create;
  }

  run(chunks: readonly Buffer[], chance: Chance): void {
    const bytes = chunks.reduce((sum, { length }) => sum + length, 0);
    allowAllocations(bytes, () => {
      // Of a raw stream each chunk is a message.
      if (!isRaw(this.#type) && chance.chance(COMPARED)) this.#compare(chunks, chance);
      else this.#converse(chunks, chance);
    });
  }

  /** Time passes, the reader has enough now and then, the peer may not be welcome. */
  #converse(chunks: readonly Buffer[], chance: Chance): void {
    const connection = this.#create();
    const sink = new WatchfulSink(this.#type, limits, this.#guard.user);
    sink.welcomes = !chance.chance(0.02);
    const reluctant = chance.chance(0.3);
    let now = 0;
    connection.start(now);
    for (const chunk of chunks) {
      sink.received += chunk.length;
      connection.receive(chunk, now);
      if (reluctant) sink.room = 1 + chance.below(3);
      this.#drain(connection, sink);
      if (chance.chance(0.5)) this.#decide(connection, sink);
      while (sink.hasHadEnough && isOpen(sink)) {
        connection.suspend(now);
        if (chance.chance(0.5)) now += chance.below(2000);
        connection.resume(now);
        sink.room = 1 + chance.below(3);
        this.#drain(connection, sink);
      }
      if (!isOpen(sink)) break;
      if (!sink.isReady) this.#expectDeadline(connection);
      if (chance.chance(0.2)) this.#takeOutput(connection);
      if (sink.isReady && chance.chance(0.2)) this.#encode(connection);
      if (chance.chance(0.05)) {
        now += chance.below(5000);
        if (now >= connection.deadline) connection.tick(now, sink);
        if (!isOpen(sink)) break;
      }
    }
    this.#takeOutput(connection);
    connection.takePinned();
    if (!isOpen(sink)) {
      hold(connection.deadline === Infinity, 'a connection that is over has a deadline');
    } else if (!sink.isReady && connection.handshakes) {
      this.#expectDeadline(connection);
      connection.tick(HANDSHAKE_MS, sink);
      hold(sink.failure?.kind === 'timeout', 'the limit of the handshake did not end it');
    }
    connection.abandon();
  }

  /** The same bytes are the same messages, the same failure and the same answers, however they come. */
  #compare(chunks: readonly Buffer[], chance: Chance): void {
    const inOne = this.trace([Buffer.concat(chunks)]).join('\n');
    const inMany = this.trace(chunks, () => (chance.chance(0.5) ? Infinity : 1 + chance.below(3))).join('\n');
    if (inOne !== inMany) throw new Broken(`in one chunk: ${inOne}\nin ${chunks.length}: ${inMany}`);
  }

  /**
   * All that one input leads to, line by line: `ready …`, `message …`, `failed …`, and at the end what our side said.
   * @param room how many messages are read before there is a pause
   */
  trace(chunks: readonly Buffer[], room: () => number = () => Infinity): string[] {
    const connection = this.#create();
    const sink = new WatchfulSink(this.#type, limits, this.#guard.user);
    sink.trace = [];
    const said: Buffer[] = [];
    const read = (): void => {
      do {
        sink.room = room();
        this.#drain(connection, sink);
      } while (sink.hasHadEnough && isOpen(sink));
      // A peer that left answers unread would be another, and how many depends on the chunks.
      said.push(this.#takeOutput(connection));
    };
    connection.start(0);
    for (const chunk of chunks) {
      sink.received += chunk.length;
      connection.receive(chunk, 0);
      read();
      if (!isOpen(sink)) break;
    }
    // When all is there: how much was said before a verdict depends on the chunks, too.
    while (isOpen(sink) && this.#guard.decide()) read();
    said.push(this.#takeOutput(connection));
    connection.abandon();
    sink.trace.push(`said ${Buffer.concat(said).toString('hex')}`);
    return sink.trace;
  }

  /** A verdict comes, when one is waited for, and what had to wait for it is read. */
  #decide(connection: Connection, sink: WatchfulSink): void {
    if (!sink.hasHadEnough && this.#guard.decide() && isOpen(sink)) this.#drain(connection, sink);
  }

  #drain(connection: Connection, sink: WatchfulSink): void {
    while (connection.drain(sink) && !sink.hasHadEnough && isOpen(sink));
  }

  #takeOutput(connection: Connection): Buffer {
    const { hasOutput } = connection;
    this.#batch.begin();
    connection.takeOutput(this.#batch);
    const said = Buffer.concat(this.#batch.finish());
    if (hasOutput !== said.length > 0)
      throw new Broken(`hasOutput is ${hasOutput}, and there are ${said.length} bytes`);
    return said;
  }

  #encode(connection: Connection): void {
    this.#batch.begin();
    if (!connection.sendsPacked) connection.encode(OUR_MESSAGE, this.#batch);
    this.#batch.finish();
  }

  #expectDeadline(connection: Connection): void {
    if (connection.handshakes) hold(connection.deadline <= HANDSHAKE_MS, 'a handshake without a limit');
  }
}

function isOpen({ failure, refused }: WatchfulSink): boolean {
  return failure === undefined && !refused;
}
