import { ZmqError } from '../foundation/errors.js';
import { monitorEvents } from '../foundation/monitor-events.js';
import { checkMonitorEndpoint, type MonitorOptions, type MonitorType } from '../socket/monitor.js';
import type { MonitorVersion } from '../socket/monitor-frames.js';
import type { SocketCore } from '../socket/socket-core.js';

const allOf: Record<MonitorVersion, number> = { 1: monitorEvents.ALL_V1, 2: monitorEvents.ALL_V2 };
const types: readonly MonitorType[] = ['PAIR', 'PUB', 'PUSH'];

/** What `monitor` was called with, all of it checked before anything is done. */
export function checkMonitor(
  core: SocketCore,
  endpoint: unknown,
  mask: unknown,
  version: MonitorVersion,
  type: MonitorType,
): MonitorOptions {
  if (typeof endpoint !== 'string') throw new TypeError('Address must be a string');
  if (version !== 1 && version !== 2)
    throw new ZmqError('EINVAL', `the monitor's version is ${String(version)}; it must be 1 or 2`);
  if (!types.includes(type))
    throw new ZmqError('EINVAL', `the monitor's type is ${String(type)}; it must be PAIR, PUB or PUSH`);
  const events = mask ?? allOf[version];
  if (typeof events !== 'number') throw new TypeError('The mask must be a number');
  if (!Number.isSafeInteger(events) || events < 0)
    throw new ZmqError('EINVAL', `the mask is ${events}; it must be a sum of monitorEvents`);
  if (version === 1 && events > monitorEvents.ALL_V1)
    throw new ZmqError(
      'EINVAL',
      `the mask 0x${events.toString(16)} has events that version 1 does not know; use version 2`,
    );
  checkMonitorEndpoint(core, endpoint);
  return { endpoint, mask: events, version, type };
}
