/**
 * The events of a socket's monitor, by libzmq's names (`ZMQ_EVENT_…`) and numbers, which
 * are the bits of its mask. `ALL_V1` are those of the first version of the frames, `ALL_V2`
 * of the second.
 */
export const monitorEvents = {
  CONNECTED: 0x0001,
  CONNECT_DELAYED: 0x0002,
  CONNECT_RETRIED: 0x0004,
  LISTENING: 0x0008,
  BIND_FAILED: 0x0010,
  ACCEPTED: 0x0020,
  ACCEPT_FAILED: 0x0040,
  CLOSED: 0x0080,
  CLOSE_FAILED: 0x0100,
  DISCONNECTED: 0x0200,
  MONITOR_STOPPED: 0x0400,
  HANDSHAKE_FAILED_NO_DETAIL: 0x0800,
  HANDSHAKE_SUCCEEDED: 0x1000,
  HANDSHAKE_FAILED_PROTOCOL: 0x2000,
  HANDSHAKE_FAILED_AUTH: 0x4000,
  PIPES_STATS: 0x10000,
  ALL_V1: 0xffff,
  ALL_V2: 0x1ffff,
} as const;
