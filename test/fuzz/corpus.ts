import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Finding } from './campaign.js';
import type { Session } from './mutator.js';

const root = fileURLToPath(new URL('corpus/', import.meta.url));

/*
 * A session is a file of hex, a line for each piece; what stands behind `#` is a remark. A
 * folder has those of one kind of target: `zmtp`, `legacy`, `raw`, `nest`, …, and what
 * `--save` has kept of its targets: `found-<target>-<seed>-<input>`. `null`, `plain` and
 * `curve` have what good peers say in each role of a mechanism; `--record` writes it anew.
 */

/** The sessions that are kept for a kind of target, without what was found. */
export function keptSessions(kind: string): Session[] {
  return filesOf(kind)
    .filter((file) => !file.startsWith('found-'))
    .map((file) => readSession(kind, file));
}

/** What broke a target once. */
export function foundSessions(target: string, folder = root): Session[] {
  const kind = kindOf(target);
  const start = `found-${target.replaceAll(' ', '-')}-`;
  return filesOf(kind, folder)
    .filter((file) => file.startsWith(start))
    .map((file) => readSession(kind, file, folder));
}

export function keptSession(kind: string, name: string): Session | undefined {
  return filesOf(kind).includes(`${name}.hex`) ? readSession(kind, `${name}.hex`) : undefined;
}

/** Gives the file. */
export function keepSession(kind: string, name: string, remark: string, session: Session, folder = root): string {
  mkdirSync(`${folder}${kind}`, { recursive: true });
  const file = `${folder}${kind}/${name}.hex`;
  const lines = session.map((piece) => (piece.length === 0 ? '-' : piece.toString('hex')));
  writeFileSync(file, `# ${remark}\n${lines.join('\n')}\n`);
  return file;
}

function filesOf(kind: string, folder = root): string[] {
  if (!existsSync(`${folder}${kind}`)) return [];
  return readdirSync(`${folder}${kind}`).filter((file) => file.endsWith('.hex')).toSorted(); // prettier-ignore
}

function readSession(kind: string, file: string, folder = root): Session {
  return parseSession(readFileSync(`${folder}${kind}/${file}`, 'utf8'));
}

function kindOf(target: string): string {
  return target.split(' ')[0]!;
}

export function parseSession(text: string): Session {
  return text
    .split('\n')
    .map((line) => line.replace(/#.*/, '').replaceAll(/\s/g, ''))
    .filter((line) => line !== '')
    .map((line) => {
      if (!/^(?:-|(?:[0-9a-f]{2})+)$/i.test(line)) throw new Error(`"${line}" is not hex`);
      return line === '-' ? Buffer.alloc(0) : Buffer.from(line, 'hex');
    });
}

/** Keeps an input that broke something: from now on the suite tries it, and it is mutated too. Gives the file. */
export function keepFinding({ target, seed, index, chunks, error }: Finding, folder = root): string {
  const name = `found-${target.replaceAll(' ', '-')}-${seed}-${index}`;
  const why = String(error).split('\n')[0];
  return keepSession(kindOf(target), name, `${target}, seed ${seed}, input ${index}: ${why}`, chunks, folder);
}
