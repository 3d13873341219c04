import { ProtocolError, ZmqError } from '../foundation/errors.js';
import { monitorEvents } from '../foundation/monitor-events.js';
import type { SocketEvent } from './event-hub.js';
import { encodeRecord, monitorNames, recordOf, recordOfQueues } from './monitor-frames.js';

const place = { address: 'tcp://here', local: 'tcp://here', remote: 'tcp://there' };
const refused = Object.assign(new Error('by the system'), { code: 'ECONNRESET', errno: -104 });
const broken = new ProtocolError('ERR_ZMTP_MECHANISM_MISMATCH', 'x');

const values: readonly (readonly [SocketEvent, number, number])[] = [
  [{ type: 'connect', ...place, fd: 7 }, 0x0001, 7],
  [{ type: 'connect:delay', ...place }, 0x0002, 115],
  [{ type: 'connect:retry', ...place, interval: 130 }, 0x0004, 130],
  [{ type: 'bind', ...place, fd: 8 }, 0x0008, 8],
  [{ type: 'bind:error', ...place, error: new ZmqError('EADDRINUSE') }, 0x0010, 98],
  [{ type: 'accept', ...place, fd: 9 }, 0x0020, 9],
  [{ type: 'accept:error', ...place, error: new ZmqError('EMFILE') }, 0x0040, 24],
  [{ type: 'close', ...place, fd: -1 }, 0x0080, -1],
  [{ type: 'close:error', ...place, error: new ZmqError('EACCES') }, 0x0100, 13],
  [{ type: 'disconnect', ...place, fd: 10 }, 0x0200, 10],
  [{ type: 'end' }, 0x0400, 0],
  [{ type: 'handshake:error:other', ...place, error: refused }, 0x0800, 104],
  [{ type: 'handshake', ...place }, 0x1000, 0],
  [{ type: 'handshake:error:protocol', ...place, error: broken }, 0x2000, 0x11000002],
  [{ type: 'handshake:error:auth', ...place, error: new Error('x'), status: 400 }, 0x4000, 400],
];

describe('the events of a monitor', () => {
  it.each(values)('%j', (event, code, value) => {
    expect(recordOf(event)).toMatchObject({ code, values: [value] });
  });

  it('are all there, each once, with a bit of its own', () => {
    const { PIPES_STATS, ALL_V1, ALL_V2, ...ordinary } = monitorEvents;
    expect(Object.values(monitorNames).toSorted()).toEqual(Object.keys(ordinary).toSorted());
    expect(values.map(([{ type }]) => type).toSorted()).toEqual(Object.keys(monitorNames).toSorted());
    expect(Object.values(ordinary)).toEqual(Array.from({ length: 15 }, (_, i) => 1 << i));
    expect([PIPES_STATS, ALL_V2 - ALL_V1]).toEqual([0x10000, 0x10000]);
  });
});

describe('the frames', () => {
  const [connected] = values[0]!;
  const hex = (frames: readonly Buffer[]): string[] => frames.map((frame) => frame.toString('hex'));

  // The numbers are in the byte order of the machine; these are of the usual one.
  it('of version 1: number and value packed, and the endpoint', () => {
    const frames = encodeRecord(recordOf(connected), 1);
    expect(hex(frames.slice(0, 1))).toEqual(['010007000000']);
    expect(String(frames[1])).toBe('tcp://here');
    expect(hex(encodeRecord(recordOf({ type: 'end' }), 1))).toEqual(['000400000000', '']);
  });

  it('of version 2: number, how many values, values, both ends', () => {
    const frames = encodeRecord(recordOf(connected), 2);
    expect(hex(frames.slice(0, 3))).toEqual(['0100000000000000', '0100000000000000', '0700000000000000']);
    expect(frames.slice(3).map(String)).toEqual(['tcp://here', 'tcp://there']);
  });

  it('a descriptor that is not known is -1', () => {
    const [closed] = values[7]!;
    expect(hex(encodeRecord(recordOf(closed), 1).slice(0, 1))).toEqual(['8000ffffffff']);
    expect(hex(encodeRecord(recordOf(closed), 2).slice(2, 3))).toEqual(['ffffffffffffffff']);
  });

  it('of the queues: two values', () => {
    const queues = { local: '', remote: 'tcp://there', outbound: 3, inbound: 258 };
    const frames = encodeRecord(recordOfQueues(queues), 2);
    expect(hex(frames.slice(0, 4))).toEqual([
      '0000010000000000',
      '0200000000000000',
      '0300000000000000',
      '0201000000000000',
    ]);
    expect(frames.slice(4).map(String)).toEqual(['', 'tcp://there']);
  });

  it('what could not be bound is named without its scheme, as in libzmq', () => {
    const [failed] = values[4]!;
    expect(String(encodeRecord(recordOf(failed), 1)[1])).toBe('here');
  });
});
