import { million } from './brokers.mjs';
import { connectRate } from './connect-rate.mjs';
import { fanOut } from './fan-out.mjs';
import { linear, linearMemory } from './linear.mjs';
import { memoryFull } from './memory.mjs';
import { nestCalls, nestCallsPinned, nestLatency } from './nest-calls.mjs';
import { nestEvents, nestTasks } from './nest-events.mjs';
import { idleCpu, peersCpu, peersMemory } from './peers.mjs';
import { roundTrip, roundTripPinned } from './round-trip.mjs';
import { subscriptions } from './subscriptions.mjs';
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
  'fan-out': fanOut,
  subscriptions,
  'peers-memory': peersMemory,
  'peers-cpu': peersCpu,
  'idle-cpu': idleCpu,
  'memory-full': memoryFull,
  'connect-rate': connectRate,
  linear,
  'linear-memory': linearMemory,
  'nest-calls': nestCalls,
  'nest-latency': nestLatency,
  'nest-calls-pinned': nestCallsPinned,
  'nest-events': nestEvents,
  'nest-tasks': nestTasks,
  million,
};

// Roles that no scenario is named after: for the child processes, not measured once more.
for (const scenario of [peersCpu, memoryFull]) Object.defineProperty(scenarios, scenario.roleOf, { value: scenario });
