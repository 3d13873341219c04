import type { Event as InnerEvent } from '../observer.js';
import { asNpmEventError } from './failure.js';

/** An error with a number of the operating system's or of libzmq's. */
export interface ErrnoError extends Error {
  code: string;
  errno: number;
}

/** A handshake was refused. */
export interface AuthError extends Error {
  status: 300 | 400 | 500;
}

/** A peer, or a ZAP handler, broke its protocol. */
export interface ProtoError extends Error {
  code:
    | 'ERR_ZMTP_UNSPECIFIED'
    | 'ERR_ZMTP_UNEXPECTED_COMMAND'
    | 'ERR_ZMTP_INVALID_SEQUENCE'
    | 'ERR_ZMTP_KEY_EXCHANGE'
    | 'ERR_ZMTP_MALFORMED_COMMAND_UNSPECIFIED'
    | 'ERR_ZMTP_MALFORMED_COMMAND_MESSAGE'
    | 'ERR_ZMTP_MALFORMED_COMMAND_HELLO'
    | 'ERR_ZMTP_MALFORMED_COMMAND_INITIATE'
    | 'ERR_ZMTP_MALFORMED_COMMAND_ERROR'
    | 'ERR_ZMTP_MALFORMED_COMMAND_READY'
    | 'ERR_ZMTP_MALFORMED_COMMAND_WELCOME'
    | 'ERR_ZMTP_INVALID_METADATA'
    | 'ERR_ZMTP_CRYPTOGRAPHIC'
    | 'ERR_ZMTP_MECHANISM_MISMATCH'
    | 'ERR_ZAP_UNSPECIFIED'
    | 'ERR_ZAP_MALFORMED_REPLY'
    | 'ERR_ZAP_BAD_REQUEST_ID'
    | 'ERR_ZAP_BAD_VERSION'
    | 'ERR_ZAP_INVALID_STATUS_CODE'
    | 'ERR_ZAP_INVALID_METADATA';
}

interface EventAddress {
  /** The endpoint, as it was bound or connected. */
  address: string;
}

interface EventInterval {
  /** Milliseconds until the next try. */
  interval: number;
}

interface EventError<E = ErrnoError> {
  error: E;
}

type Expand<T> = T extends infer O ? { [K in keyof O]: O[K] } : never;
type EventFor<T extends string, D = object> = Expand<{ type: T } & D>;

/** What happens to a socket's endpoints and connections, as libzmq's monitor tells it. */
export type Event =
  | EventFor<'accept', EventAddress>
  | EventFor<'accept:error', EventAddress & EventError>
  | EventFor<'bind', EventAddress>
  | EventFor<'bind:error', EventAddress & EventError>
  | EventFor<'connect', EventAddress>
  | EventFor<'connect:delay', EventAddress>
  | EventFor<'connect:retry', EventAddress & EventInterval>
  | EventFor<'close', EventAddress>
  | EventFor<'close:error', EventAddress & EventError>
  | EventFor<'disconnect', EventAddress>
  | EventFor<'end'>
  | EventFor<'handshake', EventAddress>
  | EventFor<'handshake:error:protocol', EventAddress & EventError<ProtoError>>
  | EventFor<'handshake:error:auth', EventAddress & EventError<AuthError>>
  | EventFor<'handshake:error:other', EventAddress & EventError>
  | EventFor<'unknown'>;

export type EventType = Event['type'];

export type EventOfType<E extends EventType = EventType> = Expand<Extract<Event, Event & EventFor<E>>>;

const authTexts: Readonly<Record<number, string>> = {
  300: 'Temporary error',
  400: 'Authentication failure',
  500: 'Internal error',
};

/** One of our events as zeromq.js has it: nothing but what libzmq tells. */
export function toNpmEvent(event: InnerEvent): Event {
  const { type } = event;
  switch (type) {
    case 'end':
      return { type };
    case 'connect:retry':
      return { type, address: event.address, interval: event.interval };
    case 'handshake:error:protocol': {
      const { code } = event.error as ProtoError;
      const text = code.startsWith('ERR_ZAP') ? 'ZAP protocol error' : 'ZMTP protocol error';
      return { type, address: event.address, error: because(text, event.error, { code }) };
    }
    case 'handshake:error:auth': {
      const status = event.status as AuthError['status'];
      const text = authTexts[status] ?? 'Unknown error';
      return { type, address: event.address, error: because(text, event.error, { status }) };
    }
    case 'accept:error':
    case 'bind:error':
    case 'close:error':
    case 'handshake:error:other':
      return { type, address: event.address, error: asNpmEventError(event.error) };
    case 'close':
      // Of what could not be bound libzmq does not tell the address, and the key is not there.
      if (event.address === '') return { type } as Event;
      return { type, address: event.address };
    case 'accept':
    case 'bind':
    case 'connect':
    case 'connect:delay':
    case 'disconnect':
    case 'handshake':
      return { type, address: event.address };
  }
}

function because<Details>(text: string, cause: Error, details: Details): Error & Details {
  return Object.assign(new Error(text, { cause }), details);
}
