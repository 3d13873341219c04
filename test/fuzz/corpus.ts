import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Finding } from './campaign.js';
import type { Session } from './mutator.js';

const root = fileURLToPath(new URL('corpus/', import.meta.url));

/*
 * A session is a file of hex, a line for each piece; what stands behind `#` is a remark. A
 * folder has those of one kind of target: `zmtp`, `legacy`, `raw`, `nest`, ….
 */

/** The sessions that are kept for a kind of target, besides those that are recorded anew each time. */
export function keptSessions(kind: string): Session[] {
  let files: string[];
  try {
    files = readdirSync(`${root}${kind}`).filter((file) => file.endsWith('.hex'));
  } catch {
    return [];
  }
  return files.toSorted().map((file) => parseSession(readFileSync(`${root}${kind}/${file}`, 'utf8')));
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
export function keepFinding({ target, seed, index, chunks, error }: Finding): string {
  const folder = `${root}${target.split(' ')[0]}`;
  mkdirSync(folder, { recursive: true });
  const file = `${folder}/found-${target.replaceAll(' ', '-')}-${seed}-${index}.hex`;
  const why = String(error).split('\n')[0];
  const lines = chunks.map((chunk) => (chunk.length === 0 ? '-' : chunk.toString('hex')));
  writeFileSync(file, `# ${target}, seed ${seed}, input ${index}: ${why}\n${lines.join('\n')}\n`);
  return file;
}
