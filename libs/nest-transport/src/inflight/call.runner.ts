import {
  type ConsumerDeserializer,
  type ConsumerSerializer,
  type IncomingRequest,
  type MessageHandler,
  RpcException,
} from '@nestjs/microservices';
import { finalize, isObservable, type Observable } from 'rxjs';
import type { CallRequest } from '../packet/call.packet.js';
import { encodeError, wireError } from '../packet/error.codec.js';
import type { Frame } from '../packet/frames.js';
import type { PayloadCodecs } from '../packet/payload.codec.js';
import { ZmqContext } from '../zmq.context.js';
import { ZmqTooLargeError } from '../zmq.errors.js';
import type { Instruments } from '../zmq.instruments.js';
import type { ErrorLog } from '../error.log.js';
import type { LogLimiter } from '../log.limiter.js';
import { isThenable, serialize } from '../nest.serializer.js';
import type { ClientLink } from './client.link.js';
import type { DeadlineQueue } from './deadline.queue.js';
import type { ProcessingHooks } from './processing.hooks.js';
import { isAsyncIterable, ReplyIterator } from './reply.iterator.js';
import { ReplyStream, type ReplyStreamHost } from './reply.stream.js';
import { type CallOutcome, type EncodedReply, ServerCall, type ServerCallHost } from './server.call.js';
import type { RefusedReason, ServerCalls } from './server.calls.js';

/** Nest's own text, so that callers can compare it across transports. */
const NO_MESSAGE_HANDLER = 'There is no matching message handler defined in the remote service.';

export interface CallRunnerOptions {
  readonly calls: ServerCalls;
  readonly deadlines: DeadlineQueue;
  readonly codecs: PayloadCodecs;
  readonly handlerOf: (name: string) => MessageHandler | undefined;
  /** The pattern that it was registered with. */
  readonly patternOf: (handler: MessageHandler) => string;
  readonly instruments: Instruments | undefined;
  readonly log: LogLimiter;
  readonly hooks: () => ProcessingHooks | undefined;
  readonly serializer: ConsumerSerializer | undefined;
  readonly deserializer: ConsumerDeserializer | undefined;
  /** 0 is never. */
  readonly streamIdleTimeoutMs: number;
  /** Answers a call that is not run. */
  readonly refuse: (client: ClientLink, request: CallRequest, error: unknown) => void;
  readonly countDuplicate: () => void;
  /** For what handlers throw where Nest's filters do not see it. */
  readonly errors: ErrorLog;
}

/**
 * Runs calls: finds the handler, decodes, invokes, and sends what comes back. A
 * single value is answered directly; only an Observable takes the longer way.
 */
export class CallRunner implements ServerCallHost, ReplyStreamHost {
  readonly #options: CallRunnerOptions;

  constructor(options: CallRunnerOptions) {
    this.#options = options;
  }

  get deadlines(): DeadlineQueue {
    return this.#options.deadlines;
  }

  handle(client: ClientLink, request: CallRequest): void {
    const { calls, handlerOf, countDuplicate, deserializer, instruments } = this.#options;
    if (client.calls.has(request.envelope.key)) {
      countDuplicate();
      this.#refuse(
        client,
        request,
        undefined,
        'ZmqDuplicateIdError',
        'DUPLICATE_ID',
        'A call with this id is in flight',
      );
      return;
    }
    const handler = handlerOf(request.name);
    if (handler === undefined) {
      this.#refuse(client, request, 'unknown', 'ZmqNoHandlerError', 'NO_HANDLER', NO_MESSAGE_HANDLER);
      return;
    }
    if (request.metadata.deadlineMs !== undefined && request.metadata.deadlineMs <= 0) {
      this.#refuse(client, request, 'late', 'ZmqTimeoutError', 'ETIMEDOUT', 'The deadline of the call had passed');
      return;
    }
    if (calls.overloaded) {
      this.#refuse(
        client,
        request,
        'overloaded',
        'ZmqOverloadedError',
        'OVERLOADED',
        'The server has too many calls waiting',
      );
      return;
    }
    let data: unknown;
    try {
      data = this.#options.codecs.decode(request.payload, request.metadata.contentType, request.name);
    } catch (error) {
      calls.countRefused('undecodable');
      this.#options.log.log(
        'undecodable',
        () => `A call from ${client.peer.address} could not be decoded: ${String(error)}`,
      );
      this.#options.refuse(client, request, error);
      return;
    }
    const call = new ServerCall(this, client, request);
    if (instruments !== undefined) this.#observe(instruments, call, handler);
    calls.admit(call, () => {
      if (deserializer === undefined) this.#run(call, handler, data);
      else void this.#deserializeAndRun(call, handler, data, deserializer);
    });
  }

  encodeValue(call: ServerCall, value: unknown, last: boolean): EncodedReply {
    const { serializer, codecs } = this.#options;
    if (serializer === undefined) return codecs.encodeReply(value, call.contentType, call.name);
    const packet = { id: idOf(call), response: value, ...(last ? { isDisposed: true } : {}) };
    const serialized = serialize<{ response?: unknown }>(serializer, packet);
    return codecs.encodeReply(serialized.response, call.contentType, call.name);
  }

  encodeError(call: ServerCall, error: unknown): Frame {
    const { serializer, codecs } = this.#options;
    let frame: Frame;
    if (serializer === undefined) frame = encodeError(error);
    else {
      const packet = { id: idOf(call), err: error, isDisposed: true };
      frame = encodeError(serialize<{ err?: unknown }>(serializer, packet).err);
    }
    return codecs.fits(frame) ? frame : encodeError(new ZmqTooLargeError(frame.length, codecs.maxBytes));
  }

  settled(call: ServerCall, outcome: CallOutcome, error?: unknown): void {
    call.observed?.end({ outcome, error });
    this.#options.calls.settled(call, outcome);
  }

  thrownAtEnd(call: ServerCall, error: unknown): void {
    const { errors, handlerOf, patternOf } = this.#options;
    const handler = handlerOf(call.name);
    errors.log(handler === undefined ? 'a handler' : `handler '${patternOf(handler)}'`, error);
  }

  /** Nest's filters do not see what an iterator throws, so its rule is kept here: only an `RpcException` is for the caller. */
  thrownByIterator(call: ServerCall, error: unknown): unknown {
    if (error instanceof RpcException) return error;
    this.thrownAtEnd(call, error);
    return { status: 'error', message: 'Internal server error' };
  }

  release(call: ServerCall): void {
    this.#options.calls.release(call);
  }

  #observe(instruments: Instruments, call: ServerCall, handler: MessageHandler): void {
    const { name, headers, client } = call;
    const pattern = this.#options.patternOf(handler);
    const message = { kind: 'call', name, headers, pattern, peerAddress: client.peer.address } as const;
    call.observed = instruments.incoming('server_call', message);
  }

  async #deserializeAndRun(
    call: ServerCall,
    handler: MessageHandler,
    data: unknown,
    deserializer: ConsumerDeserializer,
  ): Promise<void> {
    const { name, headers } = call;
    const packet = { id: idOf(call), pattern: name, data, ...(headers === undefined ? {} : { metadata: headers }) };
    try {
      const request = (await deserializer.deserialize(packet, { channel: name })) as IncomingRequest;
      // That took time: its timer may be late, or the caller may have gone.
      if (call.expired) call.deadlinePassed();
      if (call.settled) {
        this.#options.calls.release(call);
        return;
      }
      this.#run(call, handler, request.data);
    } catch (error) {
      this.#failed(call, error);
    }
  }

  #run(call: ServerCall, handler: MessageHandler, data: unknown): void {
    if (call.observed === undefined) this.#runHere(call, handler, data);
    else call.observed.run(() => this.#runHere(call, handler, data));
  }

  #runHere(call: ServerCall, handler: MessageHandler, data: unknown): void {
    const context = new ZmqContext(call.name, call.client.peer, call.headers, call);
    const hooks = this.#options.hooks();
    if (hooks === undefined) {
      void this.#invoke(call, handler, data, context);
      return;
    }
    const invoke = async (end: () => void): Promise<void> => {
      if (call.settled) {
        this.#options.calls.release(call);
        call.endHook(end);
        return;
      }
      call.onEnd = end;
      await this.#invoke(call, handler, data, context);
    };
    hooks(context, invoke, (error) => {
      this.#failed(call, error);
      // Its caller is told; what is broken is here.
      this.#options.errors.log("Nest's processing start hook", error);
    });
  }

  /** Resolves when the handler has returned; never rejects. */
  #invoke(call: ServerCall, handler: MessageHandler, data: unknown, context: ZmqContext): Promise<void> | undefined {
    try {
      const result: unknown = handler(data, context);
      if (isThenable(result)) {
        return result.then(
          (value) => this.#returned(call, value),
          (error: unknown) => this.#failed(call, error),
        ) as Promise<void>;
      }
      this.#returned(call, result);
    } catch (error) {
      this.#failed(call, error);
    }
    return undefined;
  }

  #returned(call: ServerCall, value: unknown): void {
    if (typeof value === 'object' && value !== null) {
      if (isObservable(value)) {
        this.#stream(call, value);
        return;
      }
      if (isAsyncIterable(value)) {
        this.#iterate(call, value);
        return;
      }
    }
    call.complete(value);
    this.#options.calls.release(call);
  }

  #failed(call: ServerCall, error: unknown): void {
    call.fail(error);
    this.#options.calls.release(call);
  }

  #stream(call: ServerCall, values: Observable<unknown>): void {
    const { calls, streamIdleTimeoutMs } = this.#options;
    // The caller went while the handler was still preparing its stream.
    if (call.settled) {
      calls.release(call);
      return;
    }
    const replies = new ReplyStream(call, streamIdleTimeoutMs, this);
    call.subscription = values.pipe(finalize(() => replies.sourceEnded())).subscribe(replies);
    if (call.settled) call.stopStream();
  }

  #iterate(call: ServerCall, values: AsyncIterable<unknown>): void {
    const { calls, streamIdleTimeoutMs } = this.#options;
    const replies = new ReplyIterator(call, values, streamIdleTimeoutMs, (error) => this.thrownByIterator(call, error));
    call.iterator = replies;
    void replies.run().then(() => calls.release(call));
  }

  #refuse(
    client: ClientLink,
    request: CallRequest,
    reason: RefusedReason | undefined,
    name: string,
    code: string,
    message: string,
  ): void {
    const { calls, log } = this.#options;
    calls.countRefused(reason);
    log.log(code, () => `Refused a call from ${client.peer.address}: ${message} (${shortened(request.name)})`);
    this.#options.refuse(client, request, wireError(name, code, message));
  }
}

/** A peer's text in a log line. */
function shortened(text: string): string {
  const printable = JSON.stringify(text).slice(1, -1);
  return printable.length > 100 ? `${printable.slice(0, 100)}…` : printable;
}

/** The call's id as Nest's packets have it. */
function idOf(call: ServerCall): string {
  return String(call.envelope.key);
}
