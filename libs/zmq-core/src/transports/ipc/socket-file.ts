import { lstatSync, type Stats, unlinkSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname } from 'node:path';

/**
 * Removes a socket file whose owner is gone. False when somebody listens there, or
 * when it is no socket.
 *
 * libzmq removes whatever is at the path, and so steals the address of a program
 * that runs. We ask first whether somebody answers.
 */
export async function removeStale(path: string): Promise<boolean> {
  const before = look(path);
  if (before === undefined) return true;
  if (!before.isSocket() || (await answers(path))) return false;
  // Somebody else may have found it stale too, and may be listening on a file of his
  // own by now. Nothing of this process comes between looking and removing.
  const now = look(path);
  if (now === undefined) return true;
  if (now.ino !== before.ino || now.ctimeMs !== before.ctimeMs) return false;
  try {
    unlinkSync(path);
  } catch {
    return false;
  }
  return true;
}

function look(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

export async function directoryIsMissing(path: string): Promise<boolean> {
  return stat(dirname(path)).then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
  );
}

/** Only ECONNREFUSED says for sure that nobody is there: a full backlog, or missing rights, do not. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect({ path });
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT'),
    );
  });
}
