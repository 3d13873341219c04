export { ManualClock } from '../testkit/manual.clock.js';
