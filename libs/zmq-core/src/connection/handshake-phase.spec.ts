import { ProtocolError, UnavailableError } from '../foundation/errors.js';
import type { Mechanism } from '../mechanism/mechanism.js';
import { NullMechanism } from '../mechanism/null.js';
import { encodeOwnMetadata } from '../mechanism/peer-metadata.js';
import { bytes } from '../testing/bytes.js';
import type { ConnectionFailure } from './connection.js';
import { HandshakePhase } from './handshake-phase.js';

const COMMAND = 4;

function phase(minor = 1): HandshakePhase {
  const own = encodeOwnMetadata({ socketType: 'PULL', routingId: undefined, properties: {} });
  const handshake = new HandshakePhase(new NullMechanism(own), 'PULL', 'somewhere');
  handshake.begin({ major: 3, minor, mechanism: 'NULL', asServer: false });
  return handshake;
}

/** The error of a frame, and what comes of it. */
function refused(
  flags: number,
  body: string,
): { error: ProtocolError; reply: Buffer | undefined; failure: Partial<ConnectionFailure> } {
  const handshake = phase();
  try {
    handshake.receive(flags, bytes(body));
    handshake.peer();
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    const { reply, failure } = handshake.refusal(error)!;
    return { error, reply, failure };
  }
  throw new Error('it was accepted');
}

it('sends READY without waiting, once', () => {
  const handshake = phase();
  expect(Buffer.concat(handshake.output())).toEqual(bytes('04 1A 05 "READY" 0B "Socket-Type" 00000004 "PULL"'));
  expect(handshake.output()).toEqual([]);
});

it("is done with the peer's READY", () => {
  const handshake = phase();
  expect(handshake.peer()).toBeUndefined();
  handshake.receive(COMMAND, bytes('05 "READY" 0B "Socket-Type" 00000004 "PUSH"'));
  expect(handshake.peer()).toMatchObject({ socketType: 'PUSH', routingId: undefined, address: 'somewhere' });
});

it('remembers which commands the peer understands', () => {
  expect([phase(0).peerSpeaksCommands, phase(1).peerSpeaksCommands]).toEqual([false, true]);
});

it('gives how messages travel; of a mechanism that encrypts never that they travel as they are', () => {
  const ended = (name: Mechanism['name']): HandshakePhase => {
    const mechanism = { name, asServer: true, status: 'ready', peerProperties: new Map(), messages: undefined };
    return new HandshakePhase(mechanism as unknown as Mechanism, 'PULL', 'somewhere');
  };
  expect([ended('NULL').messages, ended('PLAIN').messages]).toEqual([undefined, undefined]);
  expect(() => ended('CURVE').messages).toThrow(UnavailableError);
});

describe('what is refused, and how the peer and the monitor are told', () => {
  it.each([
    ['data', 0, '"Hello"', 'ERR_ZMTP_UNEXPECTED_COMMAND', 'Unexpected command', false],
    ['a PING', COMMAND, '04 "PING" 0000', 'ERR_ZMTP_UNEXPECTED_COMMAND', 'Unexpected command', false],
    ['an empty command', COMMAND, '', 'ERR_ZMTP_UNEXPECTED_COMMAND', 'Unexpected command', false],
    ['a cut name', COMMAND, '05 "READ"', 'ERR_ZMTP_MALFORMED_COMMAND_UNSPECIFIED', 'Malformed command', false],
    ['broken metadata', COMMAND, '05 "READY" 0B', 'ERR_ZMTP_INVALID_METADATA', 'Invalid metadata', true],
    ['no socket type', COMMAND, '05 "READY"', 'ERR_ZMTP_INVALID_METADATA', 'Invalid metadata', true],
    ['an impossible peer', COMMAND, '05 "READY" 0B "Socket-Type" 00000003 "SUB"', 'ERR_ZMTP_INVALID_METADATA', 'Invalid socket type', true],
    ['an ERROR without a reason', COMMAND, '05 "ERROR"', 'ERR_ZMTP_MALFORMED_COMMAND_ERROR', 'Malformed command', false],
    ['an ERROR with a cut reason', COMMAND, '05 "ERROR" 04 "abc"', 'ERR_ZMTP_MALFORMED_COMMAND_ERROR', 'Malformed command', false],
  ])('%s', (_, flags, body, code, reason, silent) => {
    const { error, reply, failure } = refused(flags, body);
    expect({ code: error.code, failure }).toEqual({ code, failure: { silent } });
    const length = Buffer.from([7 + reason.length, 5]).toString('hex');
    const inner = Buffer.from([reason.length]).toString('hex');
    expect(reply).toEqual(bytes(`04 ${length} "ERROR" ${inner} "${reason}"`));
  }); // prettier-ignore

  it.each(['300', '400', '500'])('an ERROR with the status %s is a refused authentication', (status) => {
    const { reply, failure } = refused(COMMAND, `05 "ERROR" 03 "${status}"`);
    expect({ reply, failure }).toEqual({
      reply: undefined,
      failure: { kind: 'authentication', status: Number(status) },
    });
  });

  it.each(['', '200', '301', '0x12C', '4e2', ' 300', 'Invalid socket type'])('an ERROR "%s" only closes', (reason) => {
    const length = Buffer.from([reason.length]).toString('hex');
    const { error, reply, failure } = refused(COMMAND, `05 "ERROR" ${length} "${reason}" "more"`);
    expect({ reply, failure }).toEqual({ reply: undefined, failure: { silent: true } });
    expect(error.message).toContain(JSON.stringify(reason));
  });
});
