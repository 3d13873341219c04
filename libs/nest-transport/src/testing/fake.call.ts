import { DeadlineQueue } from '../inflight/deadline.queue.js';
import { ClientLink } from '../inflight/client.link.js';
import { Outbox } from '../inflight/outbox.js';
import { type CallOutcome, ServerCall } from '../inflight/server.call.js';
import { decodeRequest } from '../packet/call.packet.js';
import { encodeError } from '../packet/error.codec.js';
import { PayloadCodecs } from '../packet/payload.codec.js';
import { FakePeer } from './fake.peer.js';
import { frames } from './frames.js';
import { ManualClock } from './manual.clock.js';

const codecs = new PayloadCodecs();

/** A call that has come to a server: its replies are seen, without their envelope, and how it ended. */
export function fakeCall({ many = true, room = Infinity, deadlineMs = 0 } = {}) {
  const clock = new ManualClock();
  const peer = new FakePeer(room);
  const client = new ClientLink(peer, new Outbox(peer, peer));
  const outcomes: CallOutcome[] = [];
  const fields = { ...(many && { ':replies': 'many' }), ...(deadlineMs > 0 && { ':deadline-ms': String(deadlineMs) }) };
  const request = decodeRequest(frames('<00000007>', '', 'x', '1', JSON.stringify(fields)), 0);
  if (request.kind !== 'call') throw new Error('malformed');
  const host = {
    deadlines: new DeadlineQueue(clock),
    encodeValue: (call: ServerCall, value: unknown) => codecs.encodeReply(value, call.contentType),
    encodeError: (_call: ServerCall, error: unknown) => encodeError(error),
    settled: (_call: ServerCall, outcome: CallOutcome) => void outcomes.push(outcome),
    thrownAtEnd: () => {},
  };
  const call = new ServerCall(host, client, request);
  return { call, clock, peer, client, outcomes, replies: () => peer.sent.map((sent) => sent.slice(2)) };
}
