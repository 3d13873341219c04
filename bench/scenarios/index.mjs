import { nestCalls, nestLatency } from './nest-calls.mjs';
import { roundTrip, roundTripPinned } from './round-trip.mjs';
import { echo, inproc, ipc, pubSub, pushPull, pushPullPinned } from './throughput.mjs';

export const scenarios = {
  'push-pull': pushPull,
  'push-pull-pinned': pushPullPinned,
  'pub-sub': pubSub,
  echo,
  ipc,
  inproc,
  'round-trip': roundTrip,
  'round-trip-pinned': roundTripPinned,
  'nest-calls': nestCalls,
  'nest-latency': nestLatency,
};
