import { EMPTY, type Frames } from './frames.js';
import { requestId } from './envelope.js';

/** What a client may tell a server: an empty name, the verb as payload. */
export type ClientVerb = 'cancel' | 'ping' | 'drained';
/** What a server may tell a client that announced `X-Nest-Zmq`. */
export type ServerVerb = 'drain';

const CANCEL = Buffer.from('cancel');
const PING = Buffer.from('ping');
const DRAINED = Buffer.from('drained');
const DRAIN = Buffer.from('drain');

/** client → server: ends the call with this id. Not answered. */
export function encodeCancel(id: number): Frames {
  return [requestId(id), EMPTY, EMPTY, CANCEL];
}

/** client → server: answered by `02`. */
export function encodePing(id: number): Frames {
  return [requestId(id), EMPTY, EMPTY, PING];
}

/** client → server: the last call here is done. It carries no id, so the server answers it (`02`). */
export function encodeDrained(): Frames {
  return [EMPTY, EMPTY, DRAINED];
}

/** server → client: send me no new calls. */
export function encodeDrain(): Frames {
  return [EMPTY, EMPTY, DRAIN];
}
