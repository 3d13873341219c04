import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/* Certificates by CZMQ itself, in a program of `czmq.c`. */

/** A certificate as CZMQ has it. */
export interface CzmqCertificate {
  readonly publicKey: string;
  /** Forty zeros for none. */
  readonly secretKey: string;
  readonly metadata: Readonly<Record<string, string>>;
}

const cache = fileURLToPath(new URL('../../.cache/foreign/', import.meta.url));
const program = `${cache}czmq`;

/** Builds it. Gives why CZMQ cannot be used on this machine, which is printed, or `undefined`. */
export function missingCzmq(): string | undefined {
  mkdirSync(cache, { recursive: true });
  const source = fileURLToPath(new URL('czmq.c', import.meta.url));
  const args = ['-o', program, source, '-lczmq', '-lzmq'];
  const { status, error, stderr } = spawnSync('gcc', args, { encoding: 'utf8' });
  if (status === 0) return undefined;
  const why = `gcc cannot build it (apt-get install gcc libczmq-dev): ${error?.message ?? stderr}`;
  process.stderr.write(`note: tests against CZMQ are skipped: ${why}\n`);
  return why;
}

/** What is in each of the files; throws for one that it does not load. */
export function loadByCzmq(...files: readonly string[]): CzmqCertificate[] {
  return parse(run('show', ...files));
}

/** Loads one and saves it elsewhere. */
export function copyByCzmq(from: string, to: string): void {
  run('copy', from, to);
}

/** Saves a new one. */
export function makeByCzmq(to: string, metadata: Readonly<Record<string, string>>): CzmqCertificate {
  return parse(run('make', to, ...Object.entries(metadata).flat()))[0]!;
}

function run(...args: readonly string[]): string {
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

function parse(output: string): CzmqCertificate[] {
  const found: CzmqCertificate[] = [];
  for (const text of output.split('end\n').filter((part) => part !== '')) {
    const lines = text.split('\n');
    const valuesOf = (name: string): string[] =>
      lines.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1)); // prettier-ignore
    const metadata = Object.fromEntries(
      valuesOf('meta').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
    found.push({ publicKey: valuesOf('public')[0]!, secretKey: valuesOf('secret')[0]!, metadata });
  }
  return found;
}
