import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ZmqError } from '../foundation/errors.js';
import { type Certificate, formatCertificate, type NewCertificate, parseCertificate } from './certificate.js';

/** What is larger is no certificate, and is not read. */
export const LARGEST_FILE = 64 * 1024;

/** What CZMQ and pyzmq put behind the name of the file with the secret key. */
export const SECRET_SUFFIX = '_secret';

export interface SaveOptions {
  /** Take the place of files that are there. Default false: EEXIST. */
  readonly force?: boolean;
}

/** Where `saveCertificate` has written. */
export interface CertificateFiles {
  readonly publicFile: string;
  readonly secretFile: string;
}

interface NewFile {
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}

/**
 * Reads a certificate file of CZMQ, pyzmq or `saveCertificate`: `alice.key`, or
 * `alice.key_secret` with both keys. Synchronous, for the start of a program.
 * @throws the system's error (ENOENT, EACCES, …), or a `ZmqError` EINVAL that names the file
 *   and what is wrong with it, never a key
 */
export function loadCertificate(file: string): Certificate {
  checkSize(file, statSync(file).size);
  return parseCertificate(readFileSync(file, 'utf8'), file);
}

export function checkSize(file: string, size: number): void {
  if (size > LARGEST_FILE) throw new ZmqError('EINVAL', `${file} is no certificate: it has ${size} bytes`);
}

/**
 * Writes a key pair as two files that CZMQ and pyzmq read: `file` with the public key,
 * and `file` + `_secret` with both, which only its owner may read and write (0600; on
 * Windows the permissions of its folder hold). pyzmq's names are `alice.key` and
 * `alice.key_secret`. Synchronous; without `force` both files or none.
 * @throws the system's error, EEXIST when one of the files is there and not `force`; a
 *   `ZmqError` EINVAL for keys that are none, and for metadata that a certificate cannot hold
 */
export function saveCertificate(
  file: string,
  certificate: NewCertificate,
  { force = false }: SaveOptions = {},
): CertificateFiles {
  const now = new Date();
  const secretFile = file + SECRET_SUFFIX;
  const files: readonly NewFile[] = [
    { path: secretFile, text: formatCertificate(certificate, 'secret', now), mode: 0o600 },
    { path: file, text: formatCertificate(certificate, 'public', now), mode: 0o644 },
  ];
  if (force) replace(files);
  else create(files);
  return { publicFile: file, secretFile };
}

/** All of them or, with the error, none. Never takes the place of a file, nor follows a link. */
function create(files: readonly NewFile[]): void {
  const created: string[] = [];
  try {
    for (const { path, text, mode } of files) {
      const descriptor = openSync(path, 'wx', mode);
      created.push(path);
      try {
        writeFileSync(descriptor, text);
      } finally {
        closeSync(descriptor);
      }
    }
  } catch (error) {
    for (const path of created) rmSync(path, { force: true });
    throw error;
  }
}

/** By renaming, as a file that is only written over keeps its permissions. */
function replace(files: readonly NewFile[]): void {
  const drafts = files.map((file) => ({ ...file, path: draftOf(file.path) }));
  create(drafts);
  try {
    for (const [i, { path }] of drafts.entries()) renameSync(path, files[i]!.path);
  } catch (error) {
    for (const { path } of drafts) rmSync(path, { force: true });
    throw error;
  }
}

/** In the same folder, where it can be renamed, and hidden, so that nobody takes it for a certificate. */
function draftOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomUUID()}`);
}
