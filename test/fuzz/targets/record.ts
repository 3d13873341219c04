import { Batch } from '../../../libs/zmq-core/src/connection/batch.js';
import type { Connection } from '../../../libs/zmq-core/src/connection/connection.js';
import type { Multipart } from '../../../libs/zmq-core/src/foundation/multipart.js';
import type { SocketTypeName } from '../../../libs/zmq-core/src/foundation/socket-type.js';
import { WatchfulSink } from './watchful-sink.js';
import { limits } from './connection-target.js';

/** What a peer of each type sends after the handshake, so that every kind of message and command is in some session. */
export function messagesOf(type: SocketTypeName): Multipart[] {
  const message = (...frames: (Buffer | string)[]): Multipart => frames.map((frame) => Buffer.from(frame as string));
  switch (type) {
    case 'SUB':
    case 'XSUB':
      return [message('\x01A'), message('\x01'), message('\x01topic '), message('\x00A'), message('\x00never'), message('data')];
    case 'DISH':
      return [message('\x01group'), message('\x01'), message('\x00group'), message(`\x01${'g'.repeat(255)}`)];
    case 'RADIO':
      return [message('group', 'part'), message('', '')];
    case 'REQ':
      return [message('', 'question'), message('', 'a', 'b', '')];
    case 'REP':
      return [message('', 'answer')];
    default:
      return [message('x'), message(''), message('a', '', 'b'), message('y'.repeat(300), 'z'), message('many', ...new Array<string>(7).fill('.'))];
  }
} // prettier-ignore

/**
 * Lets two connections talk, and gives what the second said, in the pieces in which it
 * said it: the session of a good peer of the first.
 * @param decide brings the verdicts that one of them waits for; false when there is none
 */
export function record(
  own: Connection,
  peer: Connection,
  peerType: SocketTypeName,
  ownType: SocketTypeName,
  decide = (): boolean => false,
): Buffer[] {
  const batch = new Batch();
  const said: Buffer[] = [];
  const sinks = {
    own: new WatchfulSink(ownType, limits, 'either'),
    peer: new WatchfulSink(peerType, limits, 'either'),
  };
  const output = (connection: Connection): Buffer => {
    batch.begin();
    connection.takeOutput(batch);
    return Buffer.concat(batch.finish());
  };
  const deliver = (to: Connection, sink: WatchfulSink, bytes: Buffer): void => {
    sink.received += bytes.length;
    to.receive(bytes, 0);
    while (to.drain(sink) && sink.failure === undefined);
    if (sink.failure !== undefined) throw sink.failure.error;
  };
  own.start(0);
  peer.start(0);
  for (let steps = 0; !sinks.own.isReady || !sinks.peer.isReady; steps++) {
    if (steps > 20) throw new Error(`a ${ownType} and a ${peerType} do not come to terms`);
    const [a, b] = [output(own), output(peer)];
    if (b.length > 0) {
      // CURVE opens its boxes where they lie.
      said.push(Buffer.from(b));
      deliver(own, sinks.own, b);
    }
    if (a.length > 0) deliver(peer, sinks.peer, a);
    if (!decide()) continue;
    own.drain(sinks.own);
    peer.drain(sinks.peer);
  }
  for (const message of messagesOf(peerType)) {
    batch.begin();
    peer.encode(message, batch);
    const bytes = Buffer.concat(batch.finish());
    said.push(Buffer.from(bytes));
    deliver(own, sinks.own, bytes);
  }
  // A PING of its heartbeat.
  if (peer.deadline < Infinity) peer.tick(peer.deadline, sinks.peer);
  const ping = output(peer);
  if (ping.length > 0) said.push(Buffer.from(ping));
  return said;
}
