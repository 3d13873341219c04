import type { Event, Observer } from '@nest-zmq/core';
import type { LogLimiter } from '../log.limiter.js';

const OTHER_END = /the peer is a (PUSH|PULL|ROUTER|DEALER),/;

/**
 * Ends of a pool that disagree about `ack` have sockets that refuse each other, again and again; without a word nobody
 * would find the reason. Not for a PUSH: who listens to a socket's events keeps the process, and a pool that only pushes
 * does not. Its other end tells it.
 */
export function tellMismatch(events: Observer, ack: 'none' | 'explicit' | undefined, log: LogLimiter): void {
  events.on('disconnect', ({ reason }: Event) => {
    const other = OTHER_END.exec(reason?.message ?? '')?.[1];
    if (other === undefined) return;
    log.log(
      'mismatch',
      () =>
        `A connection was refused: this end has ack: '${ack ?? 'none'}', and the other end is a ${other}. ` +
        "Give both ends of the pool the same 'ack', and connect a pool with its workers only",
    );
  });
}
