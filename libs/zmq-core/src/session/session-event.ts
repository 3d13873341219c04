/** What all events have. */
export interface SessionEventBase {
  /**
   * The endpoint that was connected, as it was written, or our own end of what was bound or
   * accepted: of a wildcard the address that the peer came to. Empty where libzmq names none.
   */
  readonly address: string;
  /** Our end, if it is known: what is bound, or of a connection the address that it has here. */
  readonly local?: string;
  /** The other end, if it is known: what is dialled, or the address of an accepted peer. */
  readonly remote?: string;
  readonly reason?: Error;
}

/**
 * What happens to endpoints and connections, in libzmq's words (`ZMQ_EVENT_*`).
 * The sequences are libzmq's. `reason` is ours: exactly one event of a failure has it.
 */
export type SessionEvent = SessionEventBase &
  (
    | { readonly type: 'connect:delay' | 'handshake' }
    | {
        readonly type: 'connect' | 'accept' | 'bind' | 'close' | 'disconnect';
        /** The descriptor of the system that was opened or closed, or -1 where Node does not show it. */
        readonly fd: number;
      }
    | { readonly type: 'connect:retry'; /** Milliseconds until the next try. */ readonly interval: number }
    | {
        readonly type:
          'accept:error' | 'bind:error' | 'close:error' | 'handshake:error:other' | 'handshake:error:protocol';
        readonly error: Error;
      }
    | { readonly type: 'handshake:error:auth'; readonly error: Error; /** 300, 400 or 500. */ readonly status: number }
  );
