import { roundTrip } from './round-trip.mjs';
import { throughput } from './throughput.mjs';

export const scenarios = { throughput, 'round-trip': roundTrip };
