import { lstatSync, type Stats, statSync, unlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { waitInWorker } from '../net-stream/in-worker.js';

/** The file of a listener. */
export class SocketFile {
  readonly #path: string;
  readonly #own: Stats | undefined;

  /** Of a listener that has just begun. */
  constructor(path: string) {
    this.#path = path;
    this.#own = look(path);
  }

  /** Node has removed it with the listener, and tells nobody when it could not. Gives that error. */
  remove(): NodeJS.ErrnoException | undefined {
    if (this.#own === undefined) return undefined;
    try {
      const left = look(this.#path);
      // Gone, or somebody else's who has the name since.
      if (left?.ino !== this.#own.ino || left.birthtimeMs !== this.#own.birthtimeMs) return undefined;
      unlinkSync(this.#path);
    } catch (error) {
      return error as NodeJS.ErrnoException;
    }
    return undefined;
  }
}

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
  return before.isSocket() && !(await answers(path)) && removeUnchanged(path, before);
}

/** `removeStale` while this thread waits. */
export function removeStaleAtOnce(path: string): boolean {
  const before = look(path);
  if (before === undefined) return true;
  return before.isSocket() && !answersAtOnce(path) && removeUnchanged(path, before);
}

export function directoryIsMissing(path: string): boolean {
  try {
    return statSync(dirname(path), { throwIfNoEntry: false }) === undefined;
  } catch {
    return false;
  }
}

function look(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

/**
 * Somebody else may have found it stale too, and may be listening on a file of his
 * own by now. Nothing of this process comes between looking and removing.
 */
function removeUnchanged(path: string, before: Stats): boolean {
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

/** Only ECONNREFUSED says for sure that nobody is there: a full backlog, or missing rights, do not. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect({ path });
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(!saysNobody(error)));
  });
}

function answersAtOnce(path: string): boolean {
  try {
    waitInWorker(
      `await new Promise((resolve, reject) => {
         const probe = require('node:net').connect({ path: input });
         probe.once('connect', () => { probe.destroy(); resolve(); });
         probe.once('error', reject);
       });`,
      path,
    );
    return true;
  } catch (error) {
    return !saysNobody(error as NodeJS.ErrnoException);
  }
}

function saysNobody({ code }: NodeJS.ErrnoException): boolean {
  return code === 'ECONNREFUSED' || code === 'ENOENT';
}
