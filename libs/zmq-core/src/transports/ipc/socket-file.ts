import { lstat, stat, unlink } from 'node:fs/promises';
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
  const before = await lstat(path).catch(() => undefined);
  if (before === undefined) return true;
  if (!before.isSocket() || (await answers(path))) return false;
  // Another program may have found it stale too, and may be listening on its own file by now.
  const now = await lstat(path).catch(() => undefined);
  if (now === undefined) return true;
  if (now.ino !== before.ino || now.ctimeMs !== before.ctimeMs) return false;
  await unlink(path).catch(() => {});
  return true;
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
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT'));
  });
}
