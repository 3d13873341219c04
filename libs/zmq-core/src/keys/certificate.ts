import { ZmqError } from '../foundation/errors.js';
import { encodeZ85 } from '../foundation/z85.js';
import { type CurveKeyPair, publicKeyOf, readKey } from './key-pair.js';
import { findProperty, formatProperty, parseZpl, type Property, ZplError } from './zpl.js';

/** What a certificate file says: the keys of one side of CURVE, and what its maker wrote about them. */
export interface Certificate {
  /** 40 characters of Z85. */
  readonly publicKey: string;
  /** 40 characters of Z85; `undefined` where only the public key is told. */
  readonly secretKey: string | undefined;
  /** For example `name`, `email`. Nobody vouches for it but who put the file there. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** A key pair with what is to be written about it. */
export interface NewCertificate extends CurveKeyPair {
  readonly metadata?: Readonly<Record<string, string>>;
}

/** What CZMQ writes where it knows no secret key. */
const NO_KEY = encodeZ85(Buffer.alloc(32));

const banners = {
  public: ['ZeroMQ CURVE public certificate', 'Give it to whom you like, by a way on which nobody can change it.'],
  secret: ['ZeroMQ CURVE **secret** certificate', 'Keep this file to yourself, and its permissions as they are.'],
} as const;

/**
 * Reads a certificate of CZMQ (`zcert`), pyzmq (`zmq.auth`) or ours: ZPL with the keys in
 * `curve/public-key` and `curve/secret-key`, and the section `metadata`.
 * @param name of the file, for errors; these have no key in their text
 * @throws ZmqError EINVAL for what is no certificate, has a broken key, or keys that do not belong together
 */
export function parseCertificate(text: string, name: string): Certificate {
  const properties = parse(text, name);
  const curve = findProperty(properties, 'curve')?.children ?? [];
  const publicText = findProperty(curve, 'public-key')?.value;
  const secretText = findProperty(curve, 'secret-key')?.value;
  if (publicText === undefined) throw new ZmqError('EINVAL', `${name} is no certificate: it has no curve/public-key`);
  const publicKey = readKey(`the public key in ${name}`, publicText);
  const secretKey =
    secretText === undefined || secretText === NO_KEY ? undefined : readKey(`the secret key in ${name}`, secretText);
  if (secretKey !== undefined && !publicKeyOf(secretKey).equals(publicKey)) {
    throw new ZmqError('EINVAL', `the keys in ${name} do not belong together`);
  }
  const entries = findProperty(properties, 'metadata')?.children ?? [];
  return {
    publicKey: publicText,
    secretKey: secretKey === undefined ? undefined : secretText,
    metadata: Object.fromEntries(entries.map((entry) => [entry.name, entry.value])),
  };
}

/**
 * The text of a certificate file, as CZMQ and pyzmq read it.
 * @throws ZmqError EINVAL for keys that are none, and for metadata that the file cannot hold
 */
export function formatCertificate(certificate: NewCertificate, kind: 'public' | 'secret', now: Date): string {
  const { publicKey, secretKey, metadata = {} } = certificate;
  const ownPublicKey = readKey('publicKey', publicKey);
  if (!publicKeyOf(readKey('secretKey', secretKey)).equals(ownPublicKey)) {
    throw new ZmqError('EINVAL', 'publicKey and secretKey do not belong together');
  }
  const lines = [`Generated on ${now.toISOString().slice(0, 19).replace('T', ' ')} UTC by nest-zmq`, ...banners[kind]];
  const text = [
    ...lines.map((line) => `#   ${line}`),
    '',
    'metadata',
    ...Object.entries(metadata).map(([name, value]) => formatMetadata(name, value)),
    'curve',
    formatProperty(1, 'public-key', publicKey)!,
  ];
  if (kind === 'secret') text.push(formatProperty(1, 'secret-key', secretKey)!);
  return `${text.join('\n')}\n`;
}

function formatMetadata(name: string, value: unknown): string {
  if (typeof value !== 'string') throw new TypeError(`the metadata ${JSON.stringify(name)} must be a string`);
  const line = formatProperty(1, name, value);
  if (line !== undefined) return line;
  throw new ZmqError(
    'EINVAL',
    `the metadata ${JSON.stringify(name)} cannot be in a certificate: a name has letters, digits and $-_@.&+/ only, a value is in one line of at most 1,000 bytes without both kinds of quotes`,
  );
}

function parse(text: string, name: string): readonly Property[] {
  try {
    return parseZpl(text);
  } catch (error) {
    if (!(error instanceof ZplError)) throw error;
    throw new ZmqError('EINVAL', `${name} is no certificate: ${error.message}`, { cause: error });
  }
}
