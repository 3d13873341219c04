import { ProtocolError } from '../foundation/errors.js';
import { isGroup, MAX_GROUP_SIZE } from '../foundation/group.js';
import type { Command } from './command.js';
import { CANCEL_BYTE, SUBSCRIBE_BYTE } from './subscription.js';

/**
 * What a DISH tells a RADIO (37/ZMTP "The Radio-Dish Pattern"): the commands JOIN and
 * LEAVE. They have no message form on the wire; inside they are `01 group` and `00
 * group`, as subscriptions are.
 */
export const JOIN = 'JOIN';
export const LEAVE = 'LEAVE';

/** The message form of a JOIN or LEAVE command, or `undefined` for another command. Throws for a group that is none. */
export function membershipFromCommand({ name, data }: Command): Buffer | undefined {
  if (name !== JOIN && name !== LEAVE) return undefined;
  if (!isGroup(data)) {
    throw new ProtocolError(
      'ERR_ZMTP_MALFORMED_COMMAND_UNSPECIFIED',
      `${name} of a group of ${data.length} bytes; it may have ${MAX_GROUP_SIZE}, and no zero byte`,
    );
  }
  const message = Buffer.allocUnsafe(1 + data.length);
  message[0] = name === JOIN ? SUBSCRIBE_BYTE : CANCEL_BYTE;
  message.set(data, 1);
  return message;
}

/** The command name for a membership in the message form. */
export function membershipCommandName(message: Buffer): string {
  return message[0] === SUBSCRIBE_BYTE ? JOIN : LEAVE;
}
