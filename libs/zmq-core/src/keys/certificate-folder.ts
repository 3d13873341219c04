import { type Dirent, readdirSync, watch } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ZmqError } from '../foundation/errors.js';
import { type Certificate, parseCertificate } from './certificate.js';
import { checkSize, loadCertificate, SECRET_SUFFIX } from './certificate-file.js';

/** The certificates of a folder, by their public keys. */
export type Certificates = ReadonlyMap<string, Certificate>;

/** pyzmq's name for a public certificate; CZMQ's may have any. */
const SUFFIX = '.key';

/** Files that are read at the same time. */
const AT_ONCE = 16;

/**
 * Reads the public certificates of a folder, as CZMQ's `zcertstore` and pyzmq's
 * `load_certificates` do: all files but hidden ones, those with a secret key
 * (`…_secret`) and folders in it. A file that is no certificate is passed over, unless
 * its name ends in `.key`.
 * @throws the system's error when the folder or a file cannot be read, a `ZmqError` EINVAL
 *   that names a broken certificate
 */
export function loadCertificates(folder: string): Certificates {
  const found = new Map<string, Certificate>();
  for (const file of certificateFiles(folder, readdirSync(folder, { withFileTypes: true }))) {
    const certificate = passOver(file, () => loadCertificate(file));
    if (certificate !== undefined) found.set(certificate.publicKey, certificate);
  }
  return found;
}

/**
 * The same without stopping the event loop. A file that cannot be read or is broken
 * admits nobody; the others do, and the errors are told with them.
 */
export async function reloadCertificates(
  folder: string,
): Promise<{ readonly certificates: Certificates; readonly errors: readonly Error[] }> {
  const files = certificateFiles(folder, await readdir(folder, { withFileTypes: true }));
  const certificates = new Map<string, Certificate>();
  const errors: Error[] = [];
  for (let at = 0; at < files.length; at += AT_ONCE) {
    const some = files.slice(at, at + AT_ONCE);
    for (const [i, outcome] of (await Promise.allSettled(some.map(read))).entries()) {
      try {
        const certificate = passOver(some[i]!, () => valueOf(outcome));
        if (certificate !== undefined) certificates.set(certificate.publicKey, certificate);
      } catch (error) {
        errors.push(error as Error);
      }
    }
  }
  return { certificates, errors };
}

function certificateFiles(folder: string, entries: readonly Dirent[]): string[] {
  return entries
    .filter((entry) => (entry.isFile() || entry.isSymbolicLink()) && isCertificateName(entry.name))
    .map((entry) => join(folder, entry.name));
}

function isCertificateName(name: string): boolean {
  return !name.startsWith('.') && !name.endsWith(SECRET_SUFFIX);
}

async function read(file: string): Promise<Certificate> {
  checkSize(file, (await stat(file)).size);
  return parseCertificate(await readFile(file, 'utf8'), file);
}

function valueOf<Value>(outcome: PromiseSettledResult<Value>): Value {
  if (outcome.status === 'rejected') throw outcome.reason;
  return outcome.value;
}

/** A README beside the certificates is none, and need not be one. */
function passOver(file: string, get: () => Certificate): Certificate | undefined {
  try {
    return get();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // It was taken away since the folder was listed.
    if (code === 'ENOENT') return undefined;
    if ((error instanceof ZmqError || code === 'EISDIR') && !file.endsWith(SUFFIX)) return undefined;
    throw error;
  }
}

/** The certificates of a folder as it was when it was last read. */
export class CertificateFolder {
  readonly path: string;
  #certificates: Certificates;
  /** The last reading that was asked for. */
  #reading: Promise<unknown> = Promise.resolve();

  /** Reads it at once. Throws as `loadCertificates`. */
  constructor(path: string) {
    this.path = path;
    this.#certificates = loadCertificates(path);
  }

  get certificates(): Certificates {
    return this.#certificates;
  }

  /**
   * Reads it again, and gives what is wrong with single files. Rejects when the folder
   * cannot be listed: the certificates are then those of before.
   */
  reload(): Promise<readonly Error[]> {
    // One after the other, so that the reading which was asked for last is the one that counts.
    const reading = this.#reading.then(
      () => this.#read(),
      () => this.#read(),
    );
    this.#reading = reading;
    return reading;
  }

  /**
   * Calls `changed` when something may have changed in the folder, perhaps several times;
   * does not keep the process alive. Throws the system's error.
   * @param failed the folder cannot be watched any more
   * @returns ends it
   */
  watch(changed: () => void, failed: (error: Error) => void): () => void {
    const watcher = watch(this.path, { persistent: false }, () => changed());
    watcher.on('error', failed);
    return () => watcher.close();
  }

  async #read(): Promise<readonly Error[]> {
    const { certificates, errors } = await reloadCertificates(this.path);
    this.#certificates = certificates;
    return errors;
  }
}
