import { ZmqError } from '../foundation/errors.js';
import type { Multipart } from '../foundation/multipart.js';
import type { PipeEnd } from '../pipe/pipe.js';

/** Sends to one pipe. False when it is full; a pipe that is closed will never take anything again. */
export function sendTo(end: PipeEnd, message: Multipart): boolean {
  if (end.send(message)) return true;
  if (!end.open) throw peerGone();
  return false;
}

export function peerGone(): ZmqError {
  return new ZmqError('EHOSTUNREACH', 'the peer is gone');
}

export function cannotSend(socketType: string): ZmqError {
  return new ZmqError('ENOTSUP', `a ${socketType} socket does not send`);
}

export function cannotReceive(socketType: string): ZmqError {
  return new ZmqError('ENOTSUP', `a ${socketType} socket does not receive`);
}

/** Reads away what a peer sent to a type that never receives, so that the end of the pipe is seen. Gives how many. */
export function discardAll(end: PipeEnd): number {
  let count = 0;
  while (end.read() !== undefined) count++;
  return count;
}
