import * as zmq from '@nest-zmq/core';
import { promisePaths } from './promise-paths.mjs';

/** Ours on its fast path: `trySend` until it says no, then `untilWritable`; a sink for what comes. */
export const fast = {
  name: 'ours (trySend, onMessage)',
  version: 'this checkout',
  sockets: zmq,

  /** @param pause after so many messages the event loop gets a turn: for sockets without a mark, which never say no */
  async sendMany(socket, message, count, pause = Infinity) {
    for (let sent = 0; sent < count;) {
      const until = Math.min(count, sent + pause);
      while (sent < until && socket.trySend(message)) sent++;
      if (sent < until) await socket.untilWritable();
      else if (sent < count) await new Promise(setImmediate);
    }
  },

  /** `onStart` comes with the first message that counts: the one behind the warm-up. */
  receiveMany(socket, count, onStart, warmup = 0) {
    return new Promise((resolve) => {
      let received = -warmup;
      socket.onMessage(() => {
        if (received++ === 0) onStart();
        if (received === count) {
          socket.onMessage(undefined);
          resolve();
        }
      });
    });
  },

  /** Gives back every message. */
  async echo(socket) {
    socket.onMessage(async (message) => {
      while (!socket.trySend(message)) await socket.untilWritable();
    });
  },

  /** Keeps so many messages under way until `count` have come back. */
  async exchange(socket, message, count, window) {
    await socket.untilWritable();
    await new Promise((resolve) => {
      let sent = 0;
      let received = 0;
      socket.onMessage(() => {
        if (sent < count && socket.trySend(message)) sent++;
        if (++received < count) return;
        socket.onMessage(undefined);
        resolve();
      });
      while (sent < Math.min(window, count) && socket.trySend(message)) sent++;
    });
  },
};

/** Ours as any zeromq.js program uses it: awaited sends and receives. */
export const promises = { ...fast, name: 'ours (await send, for await)', ...promisePaths() };

const busyPoll = 200;
const polls = (Socket) =>
  class extends Socket {
    constructor(options) {
      super({ ...options, busyPoll });
    }
  };

/** Ours, that after a message polls for the next one in place of sleeping. */
export const polling = {
  ...fast,
  name: `ours (trySend, onMessage, busyPoll: ${busyPoll})`,
  sockets: { ...zmq, Request: polls(zmq.Request), Reply: polls(zmq.Reply) },
};
