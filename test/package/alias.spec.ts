import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import ts from 'typescript';
import { blockOf, entries, page, writeVendored } from './migration-page.js';

/*
 * What docs/migrating-from-zeromq.md says to put into one's files so that `zeromq` is the
 * built package here: taken from the page, and tried.
 */

const root = fileURLToPath(new URL('../..', import.meta.url));
// Inside the repository, where packages are found by their names.
const folder = join(root, '.cache', 'alias');
const exported = { '': 'Push', '/draft': 'Server', '/v5-compat': 'createSocket' } as Record<string, string>;

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true });
  writeVendored(join(folder, 'node_modules', 'zeromq'));
  for (const file of ['common.cts', 'readme.ts', 'draft.cts', 'v5.cts', 'types.ts'])
    cpSync(fileURLToPath(new URL(`./programs/${file}`, import.meta.url)), join(folder, file));
  cpSync(join(root, 'package.json'), join(folder, 'package.json'));
});

async function node(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--no-warnings', ...args], { cwd: folder });
  return stdout;
}

describe('a package of the name zeromq', () => {
  it.each(entries)('is ours by require and by import: zeromq%s', async (entry) => {
    const program = `const [theirs, ours] = ['zeromq${entry}', '@nest-zmq/core/zeromq${entry}'];
      import(theirs).then((it) => {
        const all = [it, it.default, require(theirs), require(theirs + '${entry && '.js'}')];
        const name = '${exported[entry]}';
        process.stdout.write(JSON.stringify(all.map((each) => typeof each[name] === 'function' && each[name] === require(ours)[name])));
      });`;
    expect(await node('-e', program)).toBe('[true,true,true,true]');
  });

  it('has the types', () => {
    expect(check()).toEqual([]);
  }, 60_000);
});

describe('tsconfig', () => {
  it('finds our types by the paths', () => {
    const { compilerOptions } = JSON.parse(blockOf('tsconfig')) as { compilerOptions: { paths: object } };
    expect(Object.keys(compilerOptions.paths)).toEqual(entries.map((entry) => `zeromq${entry}`));
    for (const [name, [path]] of Object.entries(compilerOptions.paths) as [string, [string]][]) {
      const options = ts.parseJsonConfigFileContent(
        { compilerOptions: { ...compilerOptions, module: 'nodenext', moduleResolution: 'nodenext' }, files: [] },
        ts.sys,
        root,
      ).options;
      const { resolvedModule } = ts.resolveModuleName(name, join(root, 'x.ts'), options, ts.sys);
      expect(resolvedModule?.resolvedFileName).toMatch(/core\/dist\/zeromq\/[\w-]+\.d\.ts$/);
      expect(path).toMatch(/^\.\/node_modules\/@nest-zmq\/core\//);
    }
  });
});

describe('Jest', () => {
  it('finds our modules by the mapper', () => {
    const { moduleNameMapper } = JSON.parse(blockOf('jest')) as { moduleNameMapper: Record<string, string> };
    const require = createRequire(join(root, 'x.js'));
    for (const name of ['zeromq', 'zeromq/draft', 'zeromq/v5-compat', 'zeromq/draft.js', 'zeromq/v5-compat.js']) {
      const mapped = Object.entries(moduleNameMapper).flatMap(([pattern, target]) => {
        const match = new RegExp(pattern).exec(name);
        return match === null ? [] : [target.replace('$1', match[1] ?? '')];
      });
      expect(mapped).toEqual([`@nest-zmq/core/${name.replace(/\.js$/, '')}`]);
      // Throws for what the package does not export.
      require.resolve(mapped[0]!);
    }
    expect(Object.keys(moduleNameMapper).some((pattern) => new RegExp(pattern).test('zeromq-other'))).toBe(false);
  });
});

describe('the sources', () => {
  it('are changed by the command', async () => {
    const sources = join(folder, 'sources');
    mkdirSync(join(sources, 'src'), { recursive: true });
    const file = join(sources, 'src', 'x.ts');
    writeFileSync(
      file,
      `import * as zmq from 'zeromq';\nconst draft = require("zeromq/draft");\nimport 'zeromq/v5-compat.js';\nimport 'zeromq-other';\n`,
    );
    const [, command] = page.match(/```sh\n(.*?)\n```/) ?? [];
    await promisify(execFile)('sh', ['-c', command!], { cwd: sources });
    expect(readFileSync(file, 'utf8')).toBe(
      `import * as zmq from '@nest-zmq/core/zeromq';\nconst draft = require("@nest-zmq/core/zeromq/draft");\nimport '@nest-zmq/core/zeromq/v5-compat';\nimport 'zeromq-other';\n`,
    );
  });
});

/** What TypeScript has to say of the programs in the folder. */
function check(): string[] {
  const files = ['common.cts', 'readme.ts', 'draft.cts', 'v5.cts', 'types.ts'].map((file) => join(folder, file));
  const program = ts.createProgram(files, {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    noEmit: true,
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    esModuleInterop: true,
    skipLibCheck: true,
    types: ['node'],
    typeRoots: [join(root, 'node_modules/@types')],
  });
  const fromNpm = program.getSourceFiles().filter(({ fileName }) => /node_modules\/zeromq\/lib\//.test(fileName));
  return [
    ...fromNpm.map(({ fileName }) => fileName),
    ...ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => {
      return `${file?.fileName ?? ''} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
    }),
  ];
}
