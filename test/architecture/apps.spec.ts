import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { importsOf, isTestCode, readSources, type Sources } from './imports.js';

const pathOf = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
}

const { dependencies } = JSON.parse(readFileSync(pathOf('package.json'), 'utf8')) as Manifest;
const transport = readSources(pathOf('libs/nest-transport/src'));
const OURS = '@nest-zmq/transport';

/** `@scope/name/entry` → `@scope/name`. */
function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** The packages that a file of the transport needs at run time, with all that it imports; those that it loads by name as well. */
function neededBy(file: string, seen = new Set<string>()): string[] {
  if (seen.has(file)) return [];
  seen.add(file);
  const text = transport.get(file) ?? '';
  const loaded = [...text.matchAll(/loadOptional<[^(]*>\('([^']+)'/g)].map(([, name]) => name!);
  const imported = importsOf(file, text).flatMap(({ typeOnly, specifier, target }) => {
    if (typeOnly) return [];
    return target === undefined ? [packageOf(specifier)] : neededBy(target, seen);
  });
  return [...loaded, ...imported];
}

/** Each as "file needs package". */
function missing(sources: Sources, installed: Manifest['dependencies']): string[] {
  const found = new Set<string>();
  for (const [file, text] of sources) {
    if (isTestCode(file)) continue;
    for (const { specifier, typeOnly, target } of importsOf(file, text)) {
      if (typeOnly || target !== undefined) continue;
      const entry = `${specifier.slice(OURS.length + 1) || 'index'}.ts`;
      const needed = packageOf(specifier) === OURS ? neededBy(entry) : [packageOf(specifier)];
      for (const name of needed) {
        if (name.startsWith('node:') || name.startsWith('@nest-zmq/') || name in installed) continue;
        found.add(`${file} needs ${name}`);
      }
    }
  }
  return [...found];
}

describe('the applications', () => {
  it('run with the dependencies, without the devDependencies', () => {
    expect(missing(readSources(pathOf('apps')), dependencies)).toEqual([]);
  });

  it('would be found to need more', () => {
    const sources = new Map([
      ['a.ts', "import { x } from 'a/b'; import type { T } from 'types'; import 'node:fs'; import './b.js';"],
      ['b.ts', "import { metrics } from '@nest-zmq/transport/prometheus'; await import('@scope/c/d');"],
      ['b.spec.ts', "import 'jest';"],
    ]);
    expect(missing(sources, {})).toEqual(['a.ts needs a', 'b.ts needs prom-client', 'b.ts needs @scope/c']);
  });
});
