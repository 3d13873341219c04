import type { Dealer } from '@nest-zmq/core';

/** Frames as text, `<00ff>` for what is not printable ASCII. */
export function shown(frames: readonly Buffer[]): string[] {
  return frames.map((bytes) => {
    const text = bytes.toString('latin1');
    return /^[\x20-\x7e]*$/.test(text) ? text : `<${bytes.toString('hex')}>`;
  });
}

/** The reverse. */
export function frames(...parts: string[]): Buffer[] {
  return parts.map((part) => {
    const hex = /^<([0-9a-f]*)>$/.exec(part)?.[1];
    return hex === undefined ? Buffer.from(part) : Buffer.from(hex, 'hex');
  });
}

/** Sends one message and gives the next that comes. */
export async function ask(socket: Dealer, ...parts: string[]): Promise<string[]> {
  await socket.send(frames(...parts));
  return shown(await socket.receive());
}
