import type { Subscription } from 'rxjs';
import type { CallRequest } from '../packet/call.packet.js';
import type { Envelope } from '../packet/envelope.js';
import { encodeError } from '../packet/error.codec.js';
import { EMPTY, type Frame } from '../packet/frames.js';
import type { ZmqHeaders } from '../packet/metadata.codec.js';
import { encodeReply, ReplyStatus } from '../packet/reply.packet.js';
import { ZmqCancellation } from '../zmq.cancellation.js';
import { ZmqTimeoutError } from '../zmq.errors.js';
import type { Observed } from '../zmq.instruments.js';
import type { ClientLink } from './client.link.js';
import { Deadline, type DeadlineQueue } from './deadline.queue.js';

/** A reply as it goes through a serializer and the codec. `undefined` when there is no value. */
export interface EncodedReply {
  readonly payload: Frame;
  readonly contentType: string | undefined;
}

/** What a call needs of the server around it. */
export interface ServerCallHost {
  readonly deadlines: DeadlineQueue;
  /** May throw: the value cannot be encoded. */
  encodeValue(call: ServerCall, value: unknown, last: boolean): EncodedReply;
  /** May change the error (Nest's serializer). */
  encodeError(call: ServerCall, error: unknown): Frame;
  /** Once for every call, after its last reply or its cancelling. */
  settled(call: ServerCall, outcome: CallOutcome, error?: unknown): void;
  /** What the handler's stream or Nest's hook threw when it was told that the call is over: nobody else sees it. */
  thrownAtEnd(call: ServerCall, error: unknown): void;
}

/** Values that come only when they are asked for. */
export interface StoppableValues {
  /** No more are wanted. Idempotent; must not throw. */
  stop(): void;
}

export type CallOutcome = 'completed' | 'failed' | 'cancelled' | 'expired';

/** Fires when the call must be over, or when its stream was idle for too long. */
class CallTimer extends Deadline {
  constructor(
    readonly call: ServerCall,
    readonly message: string,
    readonly waitMs: number,
  ) {
    super();
  }

  onDue(): void {
    this.call.expire(new ZmqTimeoutError(this.message, this.waitMs));
  }
}

/**
 * One call that this server runs, from its arrival to its last reply. It is
 * settled once: by `complete`, `fail`, `expire` or `abandon`, whichever is first;
 * what comes after that is ignored.
 */
export class ServerCall extends ZmqCancellation {
  readonly envelope: Envelope;
  readonly name: string;
  readonly headers: ZmqHeaders | undefined;
  /** The content type that the request came in. */
  readonly contentType: string | undefined;
  /** Whether the caller takes many values. */
  readonly many: boolean;
  settled = false;
  /** Set while it holds one of the server's places. */
  running = false;
  /** The handler's stream, if it gave one. */
  subscription: Subscription | undefined;
  /** What the handler gave to be iterated, if it did. */
  iterator: StoppableValues | undefined;
  /** Tells Nest's processing hook that it is over. */
  onEnd: (() => void) | undefined;
  /** Measures and traces it, where anybody wants that. */
  observed: Observed | undefined;

  readonly #host: ServerCallHost;
  #deadline: CallTimer | undefined;
  #idle: CallTimer | undefined;

  constructor(
    host: ServerCallHost,
    readonly client: ClientLink,
    request: CallRequest,
  ) {
    super();
    this.#host = host;
    this.envelope = request.envelope;
    this.name = request.name;
    this.headers = request.metadata.headers;
    this.contentType = request.metadata.contentType;
    this.many = request.metadata.many;
    client.calls.set(this.envelope.key, this);
    const { deadlineMs } = request.metadata;
    if (deadlineMs === undefined) return;
    this.#deadline = new CallTimer(this, `The deadline of the call (${deadlineMs} ms) has passed`, deadlineMs);
    host.deadlines.set(this.#deadline, host.deadlines.now() + deadlineMs);
  }

  override get remainingMs(): number | undefined {
    if (this.#deadline === undefined) return undefined;
    return Math.max(0, this.#deadline.due - this.#host.deadlines.now());
  }

  /** Whether its deadline has passed, however late its timer is. */
  get expired(): boolean {
    return this.#deadline !== undefined && this.#deadline.due <= this.#host.deadlines.now();
  }

  /** Answers an expired call. */
  deadlinePassed(): void {
    this.#deadline?.onDue();
  }

  /** Its stream must give something within `waitMs`. */
  expectValue(waitMs: number): void {
    this.#idle ??= new CallTimer(this, `The stream gave nothing for ${waitMs} ms`, waitMs);
    this.#host.deadlines.set(this.#idle, this.#host.deadlines.now() + waitMs);
  }

  /** Until the next `expectValue` nothing has to come. */
  expectNothing(): void {
    if (this.#idle !== undefined) this.#host.deadlines.remove(this.#idle);
  }

  /** A value, and more may come. False: the client is full, go on after `whenWritable`. */
  value(value: unknown): boolean {
    if (this.settled) return true;
    const reply = this.#encode(value, false);
    // Nothing to write (a function has no JSON): no place on the wire.
    if (reply === undefined || isNothing(reply)) return true;
    const { client, envelope } = this;
    return client.outbox.send(encodeReply(envelope, ReplyStatus.value, reply.payload, reply.contentType));
  }

  whenWritable(go: () => void): void {
    this.client.outbox.whenEmpty(go);
  }

  /** The only value, or the last one; `undefined` is none. */
  complete(value: unknown): void {
    if (this.settled) return;
    const reply = this.#encode(value, true);
    if (reply === undefined) return;
    const { client, envelope } = this;
    client.outbox.send(
      isNothing(reply)
        ? encodeReply(envelope, ReplyStatus.done)
        : encodeReply(envelope, ReplyStatus.last, reply.payload, reply.contentType),
    );
    this.#settle('completed');
  }

  fail(error: unknown): void {
    this.#end(error, 'failed');
  }

  /** Its time is over: answered as an error, and what runs is told to stop. */
  expire(error: ZmqTimeoutError): void {
    if (this.settled) return;
    this.#end(error, 'expired');
    this.cancel(error);
  }

  /** Nobody waits for an answer any more: none is sent, and what runs is told to stop. */
  abandon(reason: unknown): void {
    if (this.settled) return;
    this.#settle('cancelled', reason);
    this.cancel(reason);
  }

  /** Unsubscribes from the handler's stream. What its teardown throws is no concern of who ended the call. */
  stopStream(): void {
    try {
      this.subscription?.unsubscribe();
    } catch (error) {
      this.#host.thrownAtEnd(this, error);
    }
  }

  /** Tells Nest's processing hook that it is over; what the hook throws is no concern either. */
  endHook(end: () => void): void {
    try {
      end();
    } catch (error) {
      this.#host.thrownAtEnd(this, error);
    }
  }

  #encode(value: unknown, last: boolean): EncodedReply | undefined {
    try {
      return this.#host.encodeValue(this, value, last);
    } catch (error) {
      this.fail(error);
      return undefined;
    }
  }

  #end(error: unknown, outcome: CallOutcome): void {
    if (this.settled) return;
    const { client, envelope } = this;
    client.outbox.send(encodeReply(envelope, ReplyStatus.failed, this.#errorFrame(error)));
    this.#settle(outcome, error);
  }

  #errorFrame(error: unknown): Frame {
    try {
      return this.#host.encodeError(this, error);
    } catch (cause) {
      // A serializer of the application threw: the caller still gets the error.
      return encodeError(cause);
    }
  }

  #settle(outcome: CallOutcome, error?: unknown): void {
    this.settled = true;
    this.client.calls.delete(this.envelope.key);
    if (this.#deadline !== undefined) this.#host.deadlines.remove(this.#deadline);
    if (this.#idle !== undefined) this.#host.deadlines.remove(this.#idle);
    // First: whatever the application throws below, the call is in no book any more.
    this.#host.settled(this, outcome, error);
    if (this.subscription !== undefined) this.stopStream();
    this.iterator?.stop();
    if (this.onEnd !== undefined) this.endHook(this.onEnd);
  }
}

function isNothing(reply: EncodedReply): boolean {
  return reply.payload === EMPTY && reply.contentType === undefined;
}
