/*
 * Loops that no contender's own functions cover: by callback and `trySend` where the
 * library has them, by promises otherwise.
 */

/** Sends `answerTo(message, peer)` for each message, when that gives anything. `peer` only where the library has it. */
export async function answerEach(socket, answerTo) {
  if ('onMessage' in socket) {
    socket.onMessage((message, peer) => {
      const answer = answerTo(message, peer);
      // Whoever asks waits for the answer, so there is always room for it.
      if (answer !== undefined && !socket.trySend(answer)) throw new Error('no room for an answer');
    });
    return;
  }
  for await (const message of socket) {
    const answer = answerTo(message);
    if (answer !== undefined) await socket.send(answer);
  }
}

/** Sends so many messages, each as `next()` gives it. */
export async function sendEach(socket, count, next) {
  for (let sent = 0; sent < count; sent++) {
    const message = next();
    if (!('trySend' in socket)) await socket.send(message);
    else while (!socket.trySend(message)) await socket.untilWritable();
  }
}

/** Sends until nothing was taken for the socket’s `sendTimeout`. Gives how many were taken. */
export async function sendUntilFull(socket, message) {
  for (let taken = 0; ; taken++) {
    while ('trySend' in socket && socket.trySend(message)) taken++;
    try {
      await socket.send(message);
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
      return taken;
    }
  }
}
