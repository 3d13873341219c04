import { ZmqClientFullError, ZmqNoPeerError, ZmqTimeoutError } from '../zmq.errors.js';
import type { PendingCall } from './pending.call.js';
import type { ServerLink } from './server.link.js';

/**
 * What a call fails with whose time is over.
 * @param servers how many there are that take calls
 * @param lastFailure of an attempt to connect, if any
 */
export function overdue(call: PendingCall, servers: number, lastFailure: unknown): ZmqNoPeerError | ZmqTimeoutError {
  const { link, content, since, due } = call;
  const waited = Math.round(due - since);
  if (link !== undefined) return new ZmqTimeoutError(`No answer from ${link.address} within ${waited} ms`, waited);
  if (content.server !== undefined) {
    return new ZmqNoPeerError(`The server '${content.server}' is not connected; waited ${waited} ms`, lastFailure);
  }
  if (servers === 0) return new ZmqNoPeerError(`No server is connected; waited ${waited} ms`, lastFailure);
  return new ZmqTimeoutError(`No server took the call within ${waited} ms: all are full`, waited);
}

/** One call more than may wait for a server. */
export function callsFull(maxWaiting: number): ZmqClientFullError {
  return new ZmqClientFullError(
    `As many calls wait for a server as 'maxWaiting' allows (${maxWaiting}). ` +
      "Call less, add servers, or raise 'maxWaiting'.",
    maxWaiting,
  );
}

/** One call more than may wait for a certain server that takes nothing now. */
export function serverFull({ address, outbox }: ServerLink, maxWaiting: number): ZmqClientFullError {
  const [why, wayOut] = outbox.overfull
    ? [`messages of ${outbox.bytes} bytes wait for it`, 'or less at a time']
    : [`as many messages wait for it as 'maxWaiting' allows (${maxWaiting})`, "or raise 'maxWaiting'"];
  return new ZmqClientFullError(`The server ${address} is full: ${why}. Call another, ${wayOut}.`, maxWaiting);
}

/** One event more than may wait. */
export function eventsFull(maxWaiting: number): ZmqClientFullError {
  return new ZmqClientFullError(
    `As many events wait for a subscriber as 'maxWaiting' allows (${maxWaiting}). ` +
      "Emit less until one is connected, or raise 'maxWaiting'.",
    maxWaiting,
  );
}
