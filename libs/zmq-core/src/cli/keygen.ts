import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { saveCertificate } from '../keys/certificate-file.js';
import { createKeyPair } from '../keys/key-pair.js';
import { type Terminal, UsageError } from './terminal.js';

export const keygenOptions = {
  out: { type: 'string' },
  name: { type: 'string' },
  force: { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

export interface KeygenOptions {
  readonly out?: string | undefined;
  readonly name?: string | undefined;
  readonly force?: boolean | undefined;
  readonly json?: boolean | undefined;
}

const DEFAULT_NAME = 'curve';

export function keygen(
  operands: readonly string[],
  { out, name, force = false, json = false }: KeygenOptions,
  terminal: Terminal,
): void {
  if (operands.length > 0) throw new UsageError(`keygen takes no "${operands[0]}"; the folder is given by --out`);
  const pair = createKeyPair();
  if (json && out === undefined && name === undefined) {
    terminal.out(`${JSON.stringify(pair)}\n`);
    return;
  }
  const folder = out ?? '.';
  const file = join(folder, `${checkName(name ?? DEFAULT_NAME)}.key`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { publicFile, secretFile } = save(file, pair, force);
  const { publicKey } = pair;
  if (json) terminal.out(`${JSON.stringify({ publicKey, publicFile, secretFile })}\n`);
  else terminal.out(`${publicFile}  public key ${publicKey}\n${secretFile}  secret, keep it to yourself\n`);
}

function save(file: string, pair: { publicKey: string; secretKey: string }, force: boolean) {
  try {
    return saveCertificate(file, pair, { force });
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST') throw error;
    throw new Error(`${path} is there already; choose another --name, or take its place with --force`, {
      cause: error,
    });
  }
}

function checkName(name: string): string {
  if (name === '' || name !== basename(name) || name.startsWith('.')) {
    throw new UsageError(
      `--name is ${JSON.stringify(name)}; it must be the name of a file, without folder or dot in front`,
    );
  }
  return name;
}
