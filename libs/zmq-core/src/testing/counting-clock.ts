import { type Clock, systemClock, type Timer } from '../foundation/clock.js';

/** The system's clock, which knows how many timers are set. */
export class CountingClock implements Clock {
  pending = 0;

  now(): number {
    return systemClock.now();
  }

  setTimer(delayMs: number, fire: () => void): Timer {
    let set = true;
    const over = (): void => {
      if (set) this.pending--;
      set = false;
    };
    this.pending++;
    const timer = systemClock.setTimer(delayMs, () => {
      over();
      fire();
    });
    return {
      cancel: () => {
        over();
        timer.cancel();
      },
    };
  }
}
