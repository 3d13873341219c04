import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { findCycles, type ImportOf, importsOf, isTestCode, readSources, type Sources } from './imports.js';

interface Layer {
  readonly folder: string;
  /** Folders whose values it may import. Types may come from any row above as well. */
  readonly layers: readonly string[];
  /** `node:` modules, without the prefix; `any` for the transports, which are what touches the machine. */
  readonly node?: readonly string[] | 'any';
  /** npm packages. */
  readonly packages?: readonly string[];
}

/** "Layers of libs/zmq-core/src" in the design, top to bottom. */
const LAYERS: readonly Layer[] = [
  { folder: 'foundation', layers: [], node: ['util', 'events', 'crypto', 'diagnostics_channel', 'os'] },
  { folder: 'wire', layers: ['foundation'] },
  { folder: 'keys', layers: ['foundation'], node: ['crypto', 'fs', 'fs/promises', 'path', 'util'] },
  { folder: 'mechanism', layers: ['foundation', 'wire'] },
  // A library is loaded by a name in a variable where it is optional: sodium-native.
  { folder: 'crypto', layers: ['foundation', 'mechanism'], packages: ['libsodium-sumo'] },
  { folder: 'connection', layers: ['foundation', 'wire', 'mechanism'] },
  { folder: 'pipe', layers: ['foundation'] },
  { folder: 'transport', layers: ['foundation', 'pipe'] },
  { folder: 'transports', layers: ['foundation', 'transport'], node: 'any' },
  { folder: 'session', layers: ['foundation', 'connection', 'pipe', 'transport'] },
  { folder: 'patterns', layers: ['foundation', 'pipe'] },
  { folder: 'socket', layers: ['foundation', 'mechanism', 'pipe', 'patterns', 'session', 'transport'] },
  { folder: 'zap', layers: ['foundation', 'wire', 'keys', 'mechanism', 'socket', 'patterns'] },
  { folder: 'api', layers: ['foundation', 'keys', 'mechanism', 'crypto', 'socket', 'zap', 'transports'] },
  { folder: 'cli', layers: ['foundation', 'keys'], node: ['fs', 'path', 'util'] },
  { folder: 'zeromq', layers: ['api', 'foundation'] },
  { folder: 'index.ts', layers: ['api', 'foundation', 'keys'] },
];

/** Inside `transports/`: no plug-in imports another one, but for these. */
const TRANSPORTS: Record<
  string,
  { readonly siblings?: readonly string[] | 'any'; readonly layers?: readonly string[] }
> = {
  tcp: { siblings: ['net-stream'] },
  ipc: { siblings: ['net-stream'] },
  ws: { siblings: ['net-stream'] },
  inproc: { layers: ['pipe'] },
  'default-transports': { siblings: 'any' },
};

/** What is wrong with an import, or undefined. */
type Rule = (imported: ImportOf) => string | undefined;

/** Each as "file imports x: rule". */
function violations(sources: Sources, rule: Rule): string[] {
  const found: string[] = [];
  for (const [file, text] of sources) {
    if (isTestCode(file)) continue;
    for (const imported of importsOf(file, text)) {
      const broken = rule(imported);
      if (broken) found.push(`${file} imports '${imported.specifier}': ${broken}`);
    }
  }
  return found;
}

/** `wire/frame.ts` → `wire`; a file directly in `src` is its own layer. */
function layerOf(file: string): string {
  return file.split('/')[0] ?? file;
}

/** `transports/tcp/tcp-address.ts` → `tcp`, `transports/net-stream.ts` → `net-stream`. */
function pluginOf(file: string): string {
  return (file.split('/')[1] ?? '').replace(/\.ts$/, '');
}

function coreRule({ file, specifier, typeOnly, target }: ImportOf): string | undefined {
  const row = LAYERS.findIndex(({ folder }) => folder === layerOf(file));
  const layer = LAYERS[row];
  if (!layer) return `${layerOf(file)} has no row in the table of layers`;
  if (target === undefined) return outsideRule(layer, specifier);
  if (target.startsWith('../')) return 'a relative import must stay inside the package';
  if (isTestCode(target)) return 'only specs may import specs and testing/';

  const imported = layerOf(target);
  if (imported === layer.folder) return imported === 'transports' ? siblingRule(file, target) : undefined;
  const plugin = layer.folder === 'transports' ? TRANSPORTS[pluginOf(file)] : undefined;
  const allowed = [...layer.layers, ...(plugin?.layers ?? [])];
  if (allowed.includes(imported)) return undefined;
  const above = LAYERS.findIndex(({ folder }) => folder === imported);
  if (typeOnly && above >= 0 && above < row) return undefined;
  return `${layer.folder} may import ${allowed.join(', ') || 'no other folder'}, and types from the rows above it`;
}

function outsideRule({ folder, node = [], packages = [] }: Layer, specifier: string): string | undefined {
  const builtin = /^node:(.+)$/.exec(specifier)?.[1];
  if (builtin !== undefined) {
    if (node === 'any' || node.includes(builtin)) return undefined;
    return `${folder} may import ${node.map((name) => `node:${name}`).join(', ') || 'no node: module'}`;
  }
  return packages.includes(specifier) ? undefined : `${folder} may import ${packages.join(', ') || 'no package'}`;
}

function siblingRule(file: string, target: string): string | undefined {
  const [from, to] = [pluginOf(file), pluginOf(target)];
  const siblings = TRANSPORTS[from]?.siblings ?? [];
  if (from === to || siblings === 'any' || siblings.includes(to)) return undefined;
  return `transports/${from} may import ${siblings.map((name) => `transports/${name}`).join(', ') || 'no other transport'}`;
}

/** The Nest transport sees the core as any user does: by its name. */
function transportRule(declared: readonly string[]): Rule {
  return ({ specifier, target }) => {
    if (target !== undefined) {
      if (target.startsWith('../')) return 'a relative import must stay inside the package';
      return isTestCode(target) ? 'only specs may import specs and testing/' : undefined;
    }
    if (specifier.startsWith('node:')) return undefined;
    const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
    if (name.startsWith('@nest-zmq/'))
      return specifier === '@nest-zmq/core' ? undefined : "only '@nest-zmq/core', never a deep path";
    return declared.includes(name) ? undefined : `${name} is not a dependency of the package`;
  };
}

function libFolder(name: string): string {
  return fileURLToPath(new URL(`../../libs/${name}/`, import.meta.url));
}

function declaredDependencies(lib: string): string[] {
  const manifest = JSON.parse(readFileSync(`${libFolder(lib)}package.json`, 'utf8')) as Record<
    string,
    object | undefined
  >;
  return [manifest['dependencies'], manifest['peerDependencies']].flatMap((group) => Object.keys(group ?? {}));
}

const core = readSources(`${libFolder('zmq-core')}src`);
const transport = readSources(`${libFolder('nest-transport')}src`);
const cyclesIn = (sources: Sources): string[] => findCycles(sources).map((cycle) => cycle.join(' → '));
const withoutTests = (sources: Sources): Sources => new Map([...sources].filter(([file]) => !isTestCode(file)));

describe('layers of libs/zmq-core', () => {
  it('finds the sources', () => {
    expect([...core.keys()]).toContain('index.ts');
  });

  it('every import is allowed by the table', () => {
    expect(violations(core, coreRule)).toEqual([]);
  });

  it('there is no import cycle', () => {
    expect(cyclesIn(withoutTests(core))).toEqual([]);
  });

  it('the table itself has no cycle: a row imports values only from rows above it', () => {
    for (const [row, { folder, layers }] of LAYERS.entries()) {
      const above = LAYERS.slice(0, row).map((layer) => layer.folder);
      expect({ folder, notAbove: layers.filter((layer) => !above.includes(layer)) }).toEqual({ folder, notAbove: [] });
    }
  });
});

describe('layers of libs/nest-transport', () => {
  it('finds the sources', () => {
    expect([...transport.keys()]).toContain('index.ts');
  });

  it("imports the core only as '@nest-zmq/core', and only declared packages", () => {
    expect(violations(transport, transportRule(declaredDependencies('nest-transport')))).toEqual([]);
  });

  it('there is no import cycle', () => {
    expect(cyclesIn(withoutTests(transport))).toEqual([]);
  });
});

/** One file, one line of it: what the checker says. */
function check(file: string, line: string, rule: Rule = coreRule): string[] {
  return violations(new Map([[file, line]]), rule);
}

describe('the checker can fail', () => {
  it.each([
    [
      'wire/frame.ts',
      `import { Pipe } from '../pipe/pipe.js';`,
      /wire may import foundation, and types from the rows above/,
    ],
    ['wire/frame.ts', `import type { Pipe } from '../pipe/pipe.js';`, /wire may import foundation/],
    ['wire/frame.ts', `import { connect } from 'node:net';`, /wire may import no node: module/],
    ['wire/frame.ts', `import { randomBytes } from 'crypto';`, /wire may import no package/],
    ['foundation/clock.ts', `import fs from 'node:fs';`, /foundation may import node:util/],
    ['pipe/pipe.ts', `export * from '../connection/connection.js';`, /pipe may import foundation/],
    ['pipe/pipe.ts', `export { Connection } from '../connection/connection.js';`, /pipe may import foundation/],
    ['pipe/pipe.ts', `import { type A, b } from '../wire/frame.js';`, /pipe may import foundation/],
    ['pipe/pipe.ts', `import '../wire/frame.js';`, /pipe may import foundation/],
    ['session/session.ts', `const wire = await import('../wire/frame.js');`, /session may import foundation/],
    ['session/session.ts', `import { createSocket } from '../testing/fake-link.js';`, /only specs may import/],
    ['session/session.ts', `import { x } from '../../../nest-transport/src/index.js';`, /must stay inside the package/],
    [
      'patterns/push.ts',
      `type S = import('../socket/socket-core.js').SocketCore;`,
      /patterns may import foundation, pipe/,
    ],
    [
      'transports/tcp/tcp-transport.ts',
      `import { x } from '../ipc/ipc-address.js';`,
      /tcp may import transports\/net-stream/,
    ],
    [
      'transports/udp/udp-transport.ts',
      `import { x } from '../net-stream/net-stream.js';`,
      /udp may import no other transport/,
    ],
    [
      'transports/tcp/tcp-transport.ts',
      `import { Pipe } from '../../pipe/pipe.js';`,
      /transports may import foundation, transport/,
    ],
    ['index.ts', `export { Session } from './session/session.js';`, /index.ts may import api, foundation, keys/],
    ['helpers/x.ts', `import { z } from '../foundation/z85.js';`, /helpers has no row/],
  ])('%s: %s', (file, line, message) => {
    expect(check(file, line)).toEqual([expect.stringMatching(message)]);
    expect(check(file, line)[0]).toContain(file);
  });

  it.each([
    ['connection/connection.ts', `import { encode } from '../wire/frame.js';`],
    ['pipe/pipe.ts', `import type { Connection } from '../connection/connection.js';`],
    ['pipe/pipe.ts', `import { type A, type B } from '../connection/connection.js';`],
    ['pipe/pipe.ts', `export type { A } from '../connection/connection.js';`],
    ['foundation/random.ts', `import { randomBytes } from 'node:crypto';`],
    ['transports/tcp/tcp-transport.ts', `import { NetStream } from '../net-stream/net-stream.js';`],
    ['transports/inproc/inproc-transport.ts', `import { Pipe } from '../../pipe/pipe.js';`],
    ['transports/default-transports.ts', `import { tcp } from './tcp/tcp-transport.js';`],
    ['transports/tcp/tcp-transport.ts', `import { connect } from 'node:net';`],
    ['wire/frame.spec.ts', `import { Socket } from '../api/socket.js';`],
    ['testing/fake-link.ts', `import { Socket } from '../api/socket.js';`],
    ['index.ts', `export type { Authenticator } from './mechanism/authenticator.js';`],
  ])('allows %s: %s', (file, line) => {
    expect(check(file, line)).toEqual([]);
  });

  it.each([
    [`import { Dealer } from '@nest-zmq/core/zeromq';`, /never a deep path/],
    [`import { Dealer } from '../../../zmq-core/src/index.js';`, /must stay inside the package/],
    [`import express from 'express';`, /express is not a dependency/],
    [`import { f } from '@nestjs/swagger/dist';`, /@nestjs\/swagger is not a dependency/],
  ])('nest-transport: %s', (line, message) => {
    const rule = transportRule(['@nestjs/common', '@nest-zmq/core']);
    expect(check('packet/packet.codec.ts', line, rule)).toEqual([expect.stringMatching(message)]);
    expect(check('packet/packet.codec.ts', `import { Dealer } from '@nest-zmq/core';`, rule)).toEqual([]);
  });

  it('reports a cycle with its files, and not one of types', () => {
    const ring = (typeOnly: boolean): Sources =>
      new Map([
        ['wire/a.ts', `import { b } from './b.js';`],
        ['wire/b.ts', `export { c } from './c.js';`],
        ['wire/c.ts', typeOnly ? `import type { a } from './a.js';` : `import { a } from './a.js';`],
      ]);
    expect(cyclesIn(ring(false))).toEqual(['wire/a.ts → wire/b.ts → wire/c.ts → wire/a.ts']);
    expect(cyclesIn(ring(true))).toEqual([]);
  });
});
