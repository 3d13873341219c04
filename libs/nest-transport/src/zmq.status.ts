/** What `client.status` and `server.status` emit. */
export const ZmqStatus = {
  /** A client: a server is connected; where it only emits, a subscriber. A server: it listens. */
  CONNECTED: 'connected',
  /** A client: the last server is gone, it is dialled again. A server or client: closed. */
  DISCONNECTED: 'disconnected',
  /** A server: it closes, and lets its clients finish. */
  DRAINING: 'draining',
} as const;

export type ZmqStatus = (typeof ZmqStatus)[keyof typeof ZmqStatus];
