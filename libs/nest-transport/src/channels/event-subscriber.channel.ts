import { type Peer, Subscriber } from '@nest-zmq/core';
import { decodeEvent, type IncomingEventPacket } from '../packet/event.packet.js';
import { READY_TOPIC } from '../packet/names.js';
import type { ZmqEndpoints, ZmqSocketOptions } from '../zmq.options.js';
import { closeSocket } from './socket.close.js';
import { attentivePeer, commonSocketOptions, openEndpoints, receivingOptions } from './socket.options.js';

/** Gets every event that is well-formed. */
export type EventSink = (event: IncomingEventPacket, peer: Peer) => void;

/**
 * Events of a server: a SUB that subscribes to what has a handler, and last of all
 * to the ready topic, by which a publisher of ours knows that the others are there.
 */
export class EventSubscriberChannel {
  readonly socket: Subscriber;
  readonly #endpoints: ZmqEndpoints;
  #malformed = 0;
  #closing: Promise<void> | undefined;

  constructor(endpoints: ZmqEndpoints, options: ZmqSocketOptions, prefixes: readonly string[], sink: EventSink) {
    this.#endpoints = endpoints;
    this.socket = new Subscriber({ ...commonSocketOptions(options), ...attentivePeer, ...receivingOptions(options) });
    // The socket sends them in this order on every new connection.
    this.socket.subscribe(...prefixes, READY_TOPIC);
    this.socket.onMessage((frames, peer) => this.#received(frames, peer, sink));
  }

  get malformed(): number {
    return this.#malformed;
  }

  open(): Promise<string[]> {
    return openEndpoints(this.socket, this.#endpoints);
  }

  /** For a handler that was added while the server listens. */
  subscribe(prefix: string): void {
    this.socket.subscribe(prefix);
  }

  /** All who call it wait for the same end. */
  close(): Promise<void> {
    return (this.#closing ??= closeSocket(this.socket));
  }

  #received(frames: readonly Buffer[], peer: Peer, sink: EventSink): void {
    let event: IncomingEventPacket;
    try {
      event = decodeEvent(frames);
    } catch {
      this.#malformed++;
      return;
    }
    sink(event, peer);
  }
}
