import type { Clock } from '@nest-zmq/core';
import { until } from './turns.js';

/** Gives what resolves when the clock is asked after this call: a socket asks it when it has read something. */
export function asked(clock: Clock): () => Promise<void> {
  let isAsked = false;
  clock.now = () => {
    isAsked = true;
    Reflect.deleteProperty(clock, 'now');
    return clock.now();
  };
  return () => until(() => isAsked);
}
