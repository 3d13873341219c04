import type { Command } from './command.js';

/**
 * A subscription has two forms: the message `01 topic` / `00 topic` (ZMTP 3.0, and
 * what applications on XPUB and XSUB see) and the commands SUBSCRIBE / CANCEL
 * (3.1). Peers of either version may send either, so both are read always.
 */
export const SUBSCRIBE_BYTE = 1;
export const CANCEL_BYTE = 0;

export const SUBSCRIBE = 'SUBSCRIBE';
export const CANCEL = 'CANCEL';

/** Whether a message is a subscription in the message form. */
export function isSubscription(message: readonly Buffer[]): boolean {
  const first = message[0]!;
  return message.length === 1 && first.length > 0 && first[0]! <= SUBSCRIBE_BYTE;
}

/** The message form of a SUBSCRIBE or CANCEL command, or `undefined` for another command. */
export function subscriptionFromCommand(command: Command): Buffer | undefined {
  if (command.name !== SUBSCRIBE && command.name !== CANCEL) return undefined;
  const message = Buffer.allocUnsafe(1 + command.data.length);
  message[0] = command.name === SUBSCRIBE ? SUBSCRIBE_BYTE : CANCEL_BYTE;
  message.set(command.data, 1);
  return message;
}

/** The command name for a subscription in the message form. */
export function subscriptionCommandName(message: Buffer): string {
  return message[0] === SUBSCRIBE_BYTE ? SUBSCRIBE : CANCEL;
}
