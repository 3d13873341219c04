import * as zmq from '@nest-zmq/core';

/** Ours on its fast path: `trySend` until it says no, then `untilWritable`; a sink for what comes. */
export const fast = {
  name: 'ours (trySend, onMessage)',
  version: zmqVersion(),
  sockets: zmq,

  async sendMany(socket, message, count) {
    for (let sent = 0; sent < count;) {
      while (sent < count && socket.trySend(message)) sent++;
      if (sent < count) await socket.untilWritable();
    }
  },

  receiveMany(socket, count, onFirst) {
    return new Promise((resolve) => {
      let received = 0;
      socket.onMessage(() => {
        if (received++ === 0) onFirst();
        if (received === count) {
          socket.onMessage(undefined);
          resolve();
        }
      });
    });
  },
};

/** Ours as any zeromq.js program uses it: awaited sends and receives. */
export const promises = { ...fast, name: 'ours (await send, for await)', ...promisePaths() };

/** Awaited sends and receives, the same code for every library with the zeromq.js API. */
export function promisePaths() {
  return {
    async sendMany(socket, message, count) {
      for (let i = 0; i < count; i++) await socket.send(message);
    },
    async receiveMany(socket, count, onFirst) {
      let received = 0;
      for await (const _ of socket) {
        if (received++ === 0) onFirst();
        if (received === count) return;
      }
    },
  };
}

function zmqVersion() {
  return 'this checkout';
}
