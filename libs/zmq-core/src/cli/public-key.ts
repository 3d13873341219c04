import { readFileSync } from 'node:fs';
import { encodeZ85 } from '../foundation/z85.js';
import { parseCertificate } from '../keys/certificate.js';
import { publicKeyOf, readKey } from '../keys/key-pair.js';
import type { KeygenOptions } from './keygen.js';
import { type Terminal, UsageError } from './terminal.js';

const STANDARD_INPUT = '-';

/** A secret key alone: no file has it but those who keep it so. */
const BARE_KEY = /^\S{40}$/;

export function printPublicKey(operands: readonly string[], options: KeygenOptions, terminal: Terminal): void {
  const [unknown] = Object.keys(options);
  if (unknown !== undefined) throw new UsageError(`public has no option --${unknown}`);
  const [file] = operands;
  if (file === undefined || operands.length > 1) {
    throw new UsageError('public takes one file with a secret key, or - for standard input');
  }
  const text = file === STANDARD_INPUT ? terminal.input() : readFileSync(file, 'utf8');
  const name = file === STANDARD_INPUT ? 'standard input' : file;
  terminal.out(`${encodeZ85(publicKeyOf(readSecretKey(text, name)))}\n`);
}

function readSecretKey(text: string, name: string): Buffer {
  const alone = text.trim();
  if (BARE_KEY.test(alone)) return readKey(`the key in ${name}`, alone);
  const { secretKey } = parseCertificate(text, name);
  if (secretKey === undefined) {
    throw new Error(`${name} has no secret key; that is in the file whose name ends in "_secret"`);
  }
  return readKey(`the key in ${name}`, secretKey);
}
