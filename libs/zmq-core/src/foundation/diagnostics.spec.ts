import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel';
import {
  channelNames,
  type ConnectionEnded,
  type ConnectionRefused,
  count,
  CountedConnection,
  countEnded,
  counters,
  countRefused,
  socketClosed,
  socketOpened,
  stats,
} from './diagnostics.js';

const ended: Omit<ConnectionEnded, 'reason'> = {
  socketType: 'PULL',
  address: 'tcp://127.0.0.1:5555',
  local: 'tcp://127.0.0.1:5555',
  remote: 'tcp://127.0.0.1:40312',
  established: true,
  error: new Error('gone'),
};
const refused: Omit<ConnectionRefused, 'reason'> = {
  socketType: 'PULL',
  address: 'tcp://127.0.0.1:5555',
  error: new Error('full'),
};

it('every counter begins somewhere, and grows by one for each', () => {
  const before = stats().counters;
  expect(Object.keys(before)).toEqual(Object.keys(counters));
  count('maxPendingPongs');
  countEnded('lost', () => ended);
  countRefused('maxConnections', () => refused);
  const { maxPendingPongs, lost, maxConnections, ...others } = stats().counters;
  expect({ maxPendingPongs, lost, maxConnections }).toEqual({
    maxPendingPongs: before.maxPendingPongs + 1,
    lost: before.lost + 1,
    maxConnections: before.maxConnections + 1,
  });
  expect(before).toMatchObject(others);
});

it('a record is made only for somebody who listens, and has the reason', () => {
  const never = (): never => {
    throw new Error('nobody asked for it');
  };
  expect(Object.values(channelNames).map((name) => channel(name).hasSubscribers)).toEqual([false, false]);
  countEnded('lost', never);
  countRefused('acceptFailed', never);
  const records: unknown[] = [];
  const listener = (record: unknown): void => void records.push(record);
  for (const name of Object.values(channelNames)) subscribe(name, listener);
  countEnded('silence', () => ended);
  countRefused('maxConnections', () => refused);
  for (const name of Object.values(channelNames)) unsubscribe(name, listener);
  countEnded('lost', never);
  expect(records).toEqual([
    { reason: 'silence', ...ended },
    { reason: 'maxConnections', ...refused },
  ]);
});

it('a connection is counted from its beginning to its end, whatever comes twice', () => {
  const before = stats();
  const since = (): number[] => {
    const { handshakes, connections, established } = stats();
    return [handshakes - before.handshakes, connections - before.connections, established - before.established];
  };
  const [first, second] = [new CountedConnection(), new CountedConnection()];
  expect(since()).toEqual([2, 0, 0]);
  first.establish();
  first.establish();
  expect(since()).toEqual([1, 1, 1]);
  first.end();
  first.end();
  first.establish();
  expect(since()).toEqual([1, 0, 1]);
  second.end();
  second.establish();
  expect(since()).toEqual([0, 0, 1]);
});

it('what sockets dropped is added up by type, and stays when they are closed', () => {
  const before = stats();
  const sockets = [
    { type: 'PUB', pattern: { dropped: 2 } },
    { type: 'PUB', pattern: { dropped: 3 } },
    { type: 'ROUTER', pattern: { dropped: 0 } },
  ] as const;
  for (const socket of sockets) socketOpened(socket);
  expect(stats().sockets - before.sockets).toBe(3);
  const expected = { ...before.dropped, PUB: (before.dropped.PUB ?? 0) + 5 };
  expect(stats().dropped).toEqual(expected);
  for (const socket of sockets) {
    socketClosed(socket);
    socketClosed(socket);
  }
  expect(stats().sockets).toBe(before.sockets);
  expect(stats().dropped).toEqual(expected);
});
