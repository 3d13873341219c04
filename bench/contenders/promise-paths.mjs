/** Awaited sends and receives, the same code for every library with the zeromq.js API. */
export function promisePaths() {
  return {
    async sendMany(socket, message, count) {
      for (let i = 0; i < count; i++) await socket.send(message);
    },

    async receiveMany(socket, count, onStart, warmup = 0) {
      let received = -warmup;
      for await (const _ of socket) {
        if (received++ === 0) onStart();
        if (received === count) return;
      }
    },

    async echo(socket) {
      for await (const message of socket) await socket.send(message);
    },

    async exchange(socket, message, count, window) {
      const first = Math.min(window, count);
      for (let sent = 0; sent < first; sent++) await socket.send(message);
      for (let received = 0; received < count; received++) {
        await socket.receive();
        if (received + first < count) await socket.send(message);
      }
    },
  };
}
