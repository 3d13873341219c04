import { ZmqError } from '../foundation/errors.js';
import type { Multipart } from '../foundation/multipart.js';

/**
 * What patterns put in front of a message and take off again: routing ids, the
 * empty delimiter, request ids, the reply stack (28/REQREP).
 *
 * A message in a pipe may be in other pipes too, so adding or taking frames always
 * makes a new array. The short lengths are spelled out: a literal costs a few
 * nanoseconds, `slice` and spreading some tens.
 */

/** The delimiter between envelope and body. */
export const EMPTY: Buffer = Buffer.alloc(0);

/** An empty message: tells a ROUTER that we are here, before we ask for anything (`probeRouter`). */
export function probe(): Multipart {
  return [EMPTY];
}

/** The envelope of a request that came straight from a REQ. */
export const DELIMITER: Multipart = [EMPTY];

export function withFrame(first: Buffer, message: Multipart): Multipart {
  switch (message.length) {
    case 1:
      return [first, message[0]!];
    case 2:
      return [first, message[0]!, message[1]!];
    case 3:
      return [first, message[0]!, message[1]!, message[2]!];
    default:
      return prepend([first], message);
  }
}

export function withEnvelope(envelope: Multipart, message: Multipart): Multipart {
  return envelope.length === 1 ? withFrame(envelope[0]!, message) : prepend(envelope.slice(), message);
}

/** The message without its first frames. */
export function withoutFrames(message: Multipart, count: number): Multipart {
  switch (message.length - count) {
    case 1:
      return [message[count]!];
    case 2:
      return [message[count]!, message[count + 1]!];
    default:
      return message.slice(count);
  }
}

/**
 * Where the body begins: behind the first empty frame, with at least one frame
 * following (28/REQREP: a request is an envelope, a delimiter and one or more body
 * frames). 0: there is no delimiter, the message is malformed.
 */
export function bodyStart(message: Multipart): number {
  const last = message.length - 1;
  for (let i = 0; i < last; i++) if (message[i]!.length === 0) return i + 1;
  return 0;
}

/** Sending nothing at all is the caller's mistake. */
export function requireFrame(message: Multipart): void {
  if (message.length === 0) throw new ZmqError('EINVAL', 'a message has at least one frame');
}

function prepend(envelope: Buffer[], message: Multipart): Multipart {
  for (let i = 0; i < message.length; i++) envelope.push(message[i]!);
  return envelope;
}
