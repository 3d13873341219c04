import { ZmqError } from '../foundation/errors.js';
import { FifoQueue } from '../foundation/fifo-queue.js';
import { monitorEvents } from '../foundation/monitor-events.js';
import type { Multipart } from '../foundation/multipart.js';
import { parseEndpoint } from '../transport/endpoint.js';
import type { SocketEvent } from './event-hub.js';
import { encodeRecord, type MonitorRecord, type MonitorVersion, recordOf, recordOfQueues } from './monitor-frames.js';
import { SocketCore } from './socket-core.js';

/** The socket types that a monitor may be: they only send. */
export type MonitorType = 'PAIR' | 'PUB' | 'PUSH';

export interface MonitorOptions {
  readonly endpoint: string;
  readonly mask: number;
  readonly version: MonitorVersion;
  readonly type: MonitorType;
}

/** Events that wait for a reader; beyond it they are lost and counted. */
const MAX_UNREAD = 1000;

/**
 * Publishes the events of a socket as messages on a socket of its own, in libzmq's
 * frames. Nobody waits for its reader: libzmq's blocks the thread that all sockets share.
 *
 * Before there is a reader the oldest events go, beside a slow one the newest: what it has
 * in its queue cannot be taken back.
 */
export class Monitor {
  readonly #source: SocketCore;
  readonly #own: SocketCore;
  readonly #mask: number;
  readonly #version: MonitorVersion;
  /** Of events that nobody is there to take. */
  readonly #waiting = new FifoQueue<Multipart>();
  readonly #stops: (() => void)[];
  #lost = 0;
  #stopped = false;

  /** Throws what a bind of the endpoint would. */
  constructor(source: SocketCore, { endpoint, mask, version, type }: MonitorOptions) {
    this.#source = source;
    this.#mask = mask;
    this.#version = version;
    this.#own = openOn(source, endpoint, type);
    const onShutdown = (): void => this.stop();
    source.onShutdown.add(onShutdown);
    this.#stops = [
      source.events.observe((event) => this.#take(event)),
      this.#own.watchers.add(() => this.#sendWaiting()),
      () => void source.onShutdown.delete(onShutdown),
    ];
  }

  /** Events that the reader had no room for, or that nobody had come to read. */
  get dropped(): number {
    return this.#lost + this.#own.pattern.dropped;
  }

  /** Tells the lengths of all queues of the socket. Throws EINVAL when they are not asked for, EAGAIN when there are none. */
  tellQueues(): void {
    if (this.#version === 1 || (this.#mask & monitorEvents.PIPES_STATS) === 0)
      throw new ZmqError('EINVAL', 'the monitor does not have PIPES_STATS in its mask, or has version 1');
    const queues = this.#source.endpoints.queues();
    if (queues.length === 0) throw new ZmqError('EAGAIN', 'the socket has no connections');
    for (const each of queues) this.#publish(recordOfQueues(each));
  }

  /** Idempotent. The last event is MONITOR_STOPPED. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    for (const stop of this.#stops) stop();
    const last = recordOf({ type: 'end' });
    // Past the limit of unread ones: it is the last.
    if ((this.#mask & last.code) !== 0 && this.#waiting.length === 0) this.#send(encodeRecord(last, this.#version));
    this.#own.close();
  }

  #take(event: SocketEvent): void {
    if (event.type === 'end') this.stop();
    else this.#publish(recordOf(event));
  }

  #publish(record: MonitorRecord): void {
    if ((this.#mask & record.code) === 0) return;
    if (this.#unread() >= MAX_UNREAD) {
      this.#lost++;
      return;
    }
    const message = encodeRecord(record, this.#version);
    if (this.#waiting.length === 0 && this.#send(message)) return;
    this.#waiting.push(message);
    if (this.#waiting.length <= MAX_UNREAD) return;
    this.#waiting.shift();
    this.#lost++;
  }

  /** Those that a reader has not taken. A PUB counts for each of its own. */
  #unread(): number {
    if (this.#own.type === 'PUB') return 0;
    let unread = 0;
    for (const end of this.#own.endpoints.pipes()) unread += end.pending;
    return unread;
  }

  #sendWaiting(): void {
    for (let next = this.#waiting.peek(); next !== undefined && this.#send(next); next = this.#waiting.peek())
      this.#waiting.shift();
  }

  #send(message: Multipart): boolean {
    return this.#own.sender.trySend(message, undefined);
  }
}

function openOn(source: SocketCore, endpoint: string, type: MonitorType): SocketCore {
  const own = new SocketCore(source.context, type);
  own.options.linger = 0;
  // The number of unread events is our own limit, so that the last one always has room.
  if (type !== 'PUB') own.options.sendHighWaterMark = 0;
  try {
    own.bindSync(endpoint);
  } catch (error) {
    own.close();
    throw error;
  }
  return own;
}

/** Throws what is wrong with the endpoint: EINVAL, EPROTONOSUPPORT for all but inproc. */
export function checkMonitorEndpoint(source: SocketCore, endpoint: string): void {
  const { scheme } = parseEndpoint(endpoint);
  if (source.context.transports.get(scheme, endpoint).kind === 'pipe') return;
  throw new ZmqError('EPROTONOSUPPORT', `a monitor can be read over inproc:// only, not over ${scheme}://`, {
    address: endpoint,
  });
}
