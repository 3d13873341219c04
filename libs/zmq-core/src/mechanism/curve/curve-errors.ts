import { ProtocolError, type ProtocolErrorCode } from '../../foundation/errors.js';
import type { Command } from '../../wire/command.js';

/* What the two sides of CURVE refuse, in libzmq's codes. */

const malformed = {
  HELLO: 'ERR_ZMTP_MALFORMED_COMMAND_HELLO',
  WELCOME: 'ERR_ZMTP_MALFORMED_COMMAND_WELCOME',
  INITIATE: 'ERR_ZMTP_MALFORMED_COMMAND_INITIATE',
  READY: 'ERR_ZMTP_MALFORMED_COMMAND_READY',
} as const satisfies Record<string, ProtocolErrorCode>;

type CommandName = keyof typeof malformed;

export function unexpectedCommand({ name }: Command, wanted: CommandName): ProtocolError {
  return new ProtocolError(
    'ERR_ZMTP_UNEXPECTED_COMMAND',
    `the command ${JSON.stringify(name)} came in place of ${wanted}`,
  );
}

/** @param size @param wanted both of what follows the name */
export function wrongSize(name: CommandName, size: number, wanted: number): ProtocolError {
  return malformedCommand(name, `${size} bytes where there should be ${wanted}`);
}

export function malformedCommand(name: CommandName, why: string): ProtocolError {
  return new ProtocolError(malformed[name], `a ${name} of CURVE with ${why}`);
}

/** Wrong keys look like this as well: who connects with another server key than the server's, for one. */
export function notAuthentic(what: string): ProtocolError {
  return new ProtocolError('ERR_ZMTP_CRYPTOGRAPHIC', `a ${what} that is not authentic, or made for other keys`);
}

/** A key whose every agreement is zero: whoever listens could compute it. */
export function noKey(whose: string): ProtocolError {
  return new ProtocolError(
    'ERR_ZMTP_CRYPTOGRAPHIC',
    `${whose} is no public key: whatever it is joined with gives zero`,
  );
}
