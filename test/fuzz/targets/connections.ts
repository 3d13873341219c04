import { type ConnectionOptions, createConnection } from '../../../libs/zmq-core/src/connection/connection-table.js';
import { isRaw, type SocketTypeName, socketTypes } from '../../../libs/zmq-core/src/foundation/socket-type.js';
import type { Session } from '../mutator.js';
import type { Target } from '../target.js';
import { ConnectionTarget, HANDSHAKE_MS, limits } from './connection-target.js';
import { record } from './record.js';

const types = Object.keys(socketTypes) as SocketTypeName[];
/** Those that a ZMTP 2.0 peer can be, by their numbers on its wire. */
const CLASSIC = 11;

const common = {
  ...limits,
  metadata: { 'X-a': 'b' },
  maxPendingPongs: 4,
  handshakeMs: HANDSHAKE_MS,
  heartbeat: { intervalMs: 1000, timeoutMs: 1000, ttlMs: 3000 },
  notify: true,
  legacy: false,
} as const satisfies Partial<ConnectionOptions>;

function optionsOf(socketType: SocketTypeName, more: Partial<ConnectionOptions> = {}): ConnectionOptions {
  return { ...common, socketType, routingId: Buffer.from(`a ${socketType}`), ...more };
}

/** The peers of a type, each as a session of its own. */
function sessionsOf(type: SocketTypeName, own: ConnectionOptions, peer: Partial<ConnectionOptions> = {}): Session[] {
  return socketTypes[type].peers.map((each) => {
    const peerType = each as SocketTypeName;
    const theirs = createConnection(optionsOf(peerType, peer), '10.0.0.1:5');
    return record(createConnection(own, '10.0.0.2:5'), theirs, peerType, type);
  });
}

function zmtpTarget(type: SocketTypeName, extra: readonly Session[]): Target {
  const options = optionsOf(type);
  const corpus = [...sessionsOf(type, options), ...extra];
  return new ConnectionTarget(`zmtp ${type}`, type, corpus, () => createConnection(options, '10.0.0.1:5'));
}

/** What peers of ZMTP 2.0 and 1.0 say, from their specifications. */
function legacySessions(type: SocketTypeName): Session[] {
  const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
  const peer = socketTypes[type].peers[0] as SocketTypeName;
  const id = hex(socketTypes[peer].id.toString(16).padStart(2, '0'));
  const subscribes = peer === 'SUB' || peer === 'XSUB';
  const modern = [hex(subscribes ? '00 02 01 41' : '00 01 61'), hex('01 01 61 01 00 00 01 62'), hex('02 0000000000000003 616263')];
  const ancient = [hex(subscribes ? '03 00 01 41' : '02 00 61'), hex('02 01 61 01 01 02 00 62'), hex('ff 0000000000000004 00 616263')];
  return [
    [hex('ff 0000000000000003 7f'), hex('01'), id, hex('00 02 6d65'), ...modern],
    [hex('ff 0000000000000003 7f'), hex('00'), id, hex('03 00 6d65'), ...ancient],
    [hex('03 00 6d65'), ...ancient],
  ];
} // prettier-ignore

function legacyTarget(type: SocketTypeName, extra: readonly Session[]): Target {
  const options = optionsOf(type, { legacy: true });
  const corpus = [...legacySessions(type), ...sessionsOf(type, options), ...extra];
  return new ConnectionTarget(`legacy ${type}`, type, corpus, () => createConnection(options, '10.0.0.1:5'));
}

function rawTarget(type: SocketTypeName, extra: readonly Session[]): Target {
  const options = optionsOf(type);
  const corpus = [[Buffer.from('GET / HTTP/1.1\r\n'), Buffer.from('\r\n')], [Buffer.alloc(300, 7)], ...extra];
  return new ConnectionTarget(`raw ${type}`, type, corpus, () => createConnection(options, '10.0.0.1:5'));
}

/** Every socket type, with every legal peer. */
export function connectionTargets(extra: (name: string) => readonly Session[]): Target[] {
  return types.flatMap((type, number) => {
    if (isRaw(type)) return [rawTarget(type, extra('raw'))];
    const modern = zmtpTarget(type, extra('zmtp'));
    return number < CLASSIC ? [modern, legacyTarget(type, extra('legacy'))] : [modern];
  });
}
