import { encodeZ85 } from '../foundation/z85.js';
import { CertificateFolder, type Certificates } from '../keys/certificate-folder.js';
import { readKey } from '../keys/key-pair.js';
import { type AdmissionCallback, admitted, isPropertyName, type Outcome, refused } from './admission.js';
import type { ZapRequest } from './zap-request.js';

/** A folder with the public certificates of those who may connect, as CZMQ and pyzmq have it. */
export interface CertificateFolderOptions {
  readonly folder: string;
  /** Read it again when something changes in it, where the file system tells of changes. Default false. */
  readonly watch?: boolean;
}

/**
 * Who may connect by CURVE: the path of a folder of certificates; the public keys, each 32
 * bytes or 40 characters of Z85; a callback; or `'*'` for whoever has any key.
 */
export type CurveKeys = string | CertificateFolderOptions | Iterable<string | Uint8Array> | AdmissionCallback;

/** What is known of keys in one domain. */
export type KeyRules =
  | { readonly kind: 'any' }
  | { readonly kind: 'keys'; readonly keys: ReadonlySet<string> }
  | { readonly kind: 'folder'; readonly folder: CertificateFolder; readonly watch: boolean }
  | { readonly kind: 'callback'; readonly callback: AdmissionCallback };

/** Reads the folder and the keys. Throws what is wrong with them. */
export function readKeyRules(keys: CurveKeys): KeyRules {
  if (keys === '*') return { kind: 'any' };
  if (typeof keys === 'string') return { kind: 'folder', folder: new CertificateFolder(keys), watch: false };
  if (typeof keys === 'function') return { kind: 'callback', callback: keys };
  if (typeof keys === 'object' && keys !== null) {
    if (Symbol.iterator in keys) return { kind: 'keys', keys: readKeys(keys as Iterable<string | Uint8Array>) };
    const { folder, watch = false } = keys as CertificateFolderOptions;
    if (typeof folder === 'string') return { kind: 'folder', folder: new CertificateFolder(folder), watch };
  }
  throw new TypeError('keys must be a folder, an iterable of public keys, a function, or "*"');
}

function readKeys(keys: Iterable<string | Uint8Array>): ReadonlySet<string> {
  return new Set(Array.from(keys, (key, i) => encodeZ85(readKey(`public key ${i + 1}`, key))));
}

export function judgeKey(rules: Exclude<KeyRules, { kind: 'callback' }>, { publicKey }: ZapRequest): Outcome {
  switch (rules.kind) {
    case 'any':
      return admitted(publicKey);
    case 'keys':
      return rules.keys.has(publicKey) ? admitted(publicKey) : refused('unknown key');
    case 'folder':
      return judgeCertificate(rules.folder.certificates, publicKey);
  }
}

/** The metadata that can be properties become so. */
function judgeCertificate(certificates: Certificates, publicKey: string): Outcome {
  const certificate = certificates.get(publicKey);
  if (certificate === undefined) return refused('unknown key');
  const properties = Object.entries(certificate.metadata).filter(([name]) => isPropertyName(name));
  return admitted(publicKey, Object.fromEntries(properties));
}
