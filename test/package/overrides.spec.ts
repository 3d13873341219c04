import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import ts from 'typescript';
import { blockOf, writeVendored } from './migration-page.js';

/*
 * A dependency that imports `zeromq` gets this package by npm's `overrides`, as
 * docs/migrating-from-zeromq.md says: a real `npm install` of a project that has nothing
 * but packed tarballs. It asks no registry: whatever else would be wanted, npm's `zeromq`
 * with its addon too, makes it fail.
 */

const root = fileURLToPath(new URL('../..', import.meta.url));
const programs = fileURLToPath(new URL('./programs/', import.meta.url));

const home = realpathSync(mkdtempSync(join(tmpdir(), 'zmq-overrides-')));
const project = join(home, 'project');

async function run(command: string, args: readonly string[], cwd: string): Promise<string> {
  const { stdout } = await promisify(execFile)(command, args, { cwd });
  return stdout;
}

/** Packs a folder, and gives what a package.json says of it. */
async function pack(folder: string): Promise<string> {
  const args = ['pack', folder, '--pack-destination', home, '--ignore-scripts', '--offline', '--json'];
  const [{ filename }] = JSON.parse(await run('npm', args, home)) as [{ filename: string }];
  return `file:${join(home, filename)}`;
}

/** A package as many are: some of it is CommonJS, and it wants a `zeromq` that the one in `vendor` does not pass for. */
async function packDependency(): Promise<string> {
  const folder = join(home, 'dependency');
  mkdirSync(folder);
  const manifest = { name: 'dependency', version: '1.0.0', type: 'module', dependencies: { zeromq: '~6.4.0' } };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  for (const name of ['common.cts', 'modules.ts', 'v5.cts']) {
    const { outputText } = ts.transpileModule(readFileSync(join(programs, name), 'utf8'), {
      fileName: name,
      compilerOptions: {
        target: ts.ScriptTarget.ES2023,
        module: name.endsWith('.cts') ? ts.ModuleKind.CommonJS : ts.ModuleKind.ESNext,
        esModuleInterop: true,
      },
    });
    writeFileSync(join(folder, name.replace(/ts$/, 'js')), outputText);
  }
  return pack(folder);
}

beforeAll(async () => {
  writeVendored(join(project, 'vendor', 'zeromq'));
  const recipe = JSON.parse(blockOf('package.json')) as Record<'dependencies' | 'overrides', Record<string, string>>;
  const manifest = {
    name: 'project',
    private: true,
    dependencies: {
      ...recipe.dependencies,
      dependency: await packDependency(),
      '@nest-zmq/core': await pack(join(root, 'libs/zmq-core')),
    },
    overrides: {
      ...recipe.overrides,
      // What ours needs, from here instead of the registry.
      'libsodium-sumo': await pack(join(root, 'node_modules/libsodium-sumo')),
    },
  };
  writeFileSync(join(project, 'package.json'), JSON.stringify(manifest));
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund'], project);
}, 120_000);

afterAll(() => rmSync(home, { recursive: true, force: true }));

describe('npm install with the overrides', () => {
  it.each([
    ['common.cjs', /^by require\n$/],
    ['modules.js', /^hello true\nand hello 2\n$/],
    ['v5.cjs', /^done 4\.3\.5 true\n$/m],
  ])('runs a dependency that was written for npm zeromq, unchanged: %s', async (file, output) => {
    const program = join(project, 'node_modules/dependency', file);
    expect(await run(process.execPath, [program], project)).toMatch(output);
  });

  it('gives the project and its dependency one and the same zeromq, which is ours', async () => {
    const tree = JSON.parse(await run('npm', ['ls', 'zeromq', '--all', '--json'], project)) as object;
    expect(tree).toMatchObject({
      dependencies: {
        zeromq: { version: '6.8.0', resolved: 'file:../vendor/zeromq' },
        dependency: { dependencies: { zeromq: { version: '6.8.0' } } },
      },
    });
    const program = `import zmq from 'zeromq';
      import { createRequire } from 'node:module';
      import ours from '@nest-zmq/core/zeromq';
      const theirs = createRequire(${JSON.stringify(join(project, 'node_modules/dependency/common.cjs'))})('zeromq');
      console.log(zmq.Push === ours.Push, theirs.Push === ours.Push);`;
    expect(await run(process.execPath, ['--input-type=module', '-e', program], project)).toBe('true true\n');
  });
});
