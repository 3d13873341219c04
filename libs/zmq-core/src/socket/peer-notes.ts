import type { Multipart } from '../foundation/multipart.js';
import type { PipeNotes } from '../pipe/pipe.js';
import type { OptionValues } from './option-table.js';

type NoteOptions = Pick<OptionValues, 'disconnectMessage' | 'hiccupMessage' | 'routerNotify'>;

const NOTIFY_CONNECT = 1;
const NOTIFY_DISCONNECT = 2;
const EMPTY: Multipart = [Buffer.alloc(0)];

/**
 * What a socket finds among its messages when a peer comes or goes, by the options as
 * they are at the bind or connect: `routerNotify` both, `disconnectMessage` of a peer
 * that came to us, `hiccupMessage` of one that we connected to.
 *
 * Over inproc there is no connection that could be lost and come again: as in libzmq
 * only the `disconnectMessage` counts there.
 * @param overBytes tcp and ipc, not inproc
 */
export function peerNotes(options: NoteOptions, dialed: boolean, overBytes: boolean): PipeNotes | undefined {
  const notify = overBytes ? options.routerNotify : 0;
  const last = dialed ? overBytes && asMessage(options.hiccupMessage) : asMessage(options.disconnectMessage);
  const left: Multipart[] = [];
  if ((notify & NOTIFY_DISCONNECT) !== 0) left.push(EMPTY);
  if (last) left.push(last);
  const joined = (notify & NOTIFY_CONNECT) !== 0 ? EMPTY : undefined;
  return joined === undefined && left.length === 0 ? undefined : { joined, left };
}

/** An option's value as a message of one frame; an empty one is none, as in libzmq. */
export function asMessage(value: Buffer | null): Multipart | undefined {
  return value === null || value.length === 0 ? undefined : [value];
}
