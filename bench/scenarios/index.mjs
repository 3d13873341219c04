import { million } from './brokers.mjs';
import { connectRate } from './connect-rate.mjs';
import { badHello, curve, refused } from './curve.mjs';
import { fanOut } from './fan-out.mjs';
import { linear, linearMemory } from './linear.mjs';
import { memoryFull } from './memory.mjs';
import { nestBrokers, nestCalls, nestCallsPinned, nestLatency } from './nest-calls.mjs';
import { nestDeadlines } from './nest-deadlines.mjs';
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
  curve,
  'curve-bad-hello': badHello,
  'curve-refused': refused,
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
  'nest-deadlines': nestDeadlines,
  'nest-brokers': nestBrokers,
  'nest-events': nestEvents,
  'nest-tasks': nestTasks,
  million,
};

/** The roles by the name under which child processes get them: the scenario's own, or its `roleOf`. */
export function rolesOf(name) {
  return Object.entries(scenarios).find(([id, { roleOf = id }]) => roleOf === name)[1].roles;
}
