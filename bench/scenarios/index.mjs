import { nestCalls, nestLatency } from './nest-calls.mjs';
import { roundTrip } from './round-trip.mjs';
import { throughput } from './throughput.mjs';

export const scenarios = {
  throughput,
  'round-trip': roundTrip,
  'nest-calls': nestCalls,
  'nest-latency': nestLatency,
};
