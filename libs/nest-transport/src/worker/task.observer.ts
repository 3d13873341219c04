import type { Instruments } from '../zmq.instruments.js';
import { ZmqRecord } from '../zmq.record.js';
import type { TaskHandler } from './task.runner.js';

/** Hands a task over as a span, whose headers travel with it. */
export function observePush<T>(
  instruments: Instruments,
  pool: string,
  task: string,
  data: unknown,
  push: (record: ZmqRecord) => Promise<T>,
): Promise<T> {
  const observed = instruments.outgoing({ kind: 'task', name: task, pool });
  const record = data instanceof ZmqRecord ? (data as ZmqRecord) : new ZmqRecord(data);
  const headers = { ...observed.headers, ...record.headers };
  const told = new ZmqRecord(record.data, headers, record.deadline, record.server);
  return observed.settle(async () => push(told));
}

/** The same handlers, each of their runs measured and traced. */
export function observeTasks(
  handlers: ReadonlyMap<string, TaskHandler>,
  instruments: Instruments,
  pool: string,
): ReadonlyMap<string, TaskHandler> {
  const observed = new Map<string, TaskHandler>();
  for (const [name, handler] of handlers) {
    observed.set(name, {
      ...handler,
      invoke: (data, context) =>
        instruments
          .incoming('task', {
            kind: 'task',
            name,
            pool,
            headers: context.getHeaders(),
            peerAddress: context.getPeer().address,
            attempt: context.getAttempt(),
          })
          .settle(() => handler.invoke(data, context)),
    });
  }
  return observed;
}
