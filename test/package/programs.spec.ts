import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import ts from 'typescript';

/*
 * Programs as somebody has written them for npm `zeromq`. With nothing but another name in
 * their imports they pass the same type check against the built package, and say the same.
 */

const root = fileURLToPath(new URL('../..', import.meta.url));
const sources = fileURLToPath(new URL('./programs/', import.meta.url));
// Inside the repository, where packages are found by their names.
const copies = join(root, '.cache', 'programs');

const all = readdirSync(sources);
const checkedOnly = ['types.ts'];

/** Writes the programs as they are for one of the two, and gives where. */
function copyFor(name: string): string {
  const folder = join(copies, name.replace(/\W+/g, '-'));
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(join(root, 'package.json'), join(folder, 'package.json'));
  for (const file of all) {
    const text = readFileSync(join(sources, file), 'utf8').replaceAll(/'zeromq(?=['/])/g, `'${name}`);
    writeFileSync(join(folder, file), text);
  }
  return folder;
}

/** What TypeScript has to say of them, and the programs beside them in JavaScript. */
function compile(folder: string, files = all, extra: ts.CompilerOptions = {}): string[] {
  const program = ts.createProgram(
    files.map((file) => join(folder, file)),
    {
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      strict: true,
      noUncheckedIndexedAccess: true,
      exactOptionalPropertyTypes: true,
      esModuleInterop: true,
      // Of npm's own declarations, and of @types.
      skipLibCheck: true,
      types: ['node'],
      typeRoots: [join(root, 'node_modules/@types')],
      ...extra,
    },
  );
  const { diagnostics } = program.emit();
  return [...ts.getPreEmitDiagnostics(program), ...diagnostics].map(({ file, start, messageText }) => {
    const line =
      file === undefined ? '' : `${file.fileName}:${file.getLineAndCharacterOfPosition(start ?? 0).line + 1} `;
    return line + ts.flattenDiagnosticMessageText(messageText, '\n');
  });
}

async function run(folder: string, file: string): Promise<string> {
  const args = ['--no-warnings', join(folder, file.replace(/ts$/, 'js'))];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd: folder });
  return stdout + stderr;
}

const folders = { npm: copyFor('zeromq'), ours: copyFor('@nest-zmq/core/zeromq') };

describe('programs for npm zeromq', () => {
  // Also makes the JavaScript that the tests below run.
  it.each(Object.entries(folders))(
    'pass the type check (%s)',
    (_name, folder) => {
      expect(compile(folder)).toEqual([]);
    },
    60_000,
  );

  it.each(Object.entries(folders))(
    'pass it as old projects have it, without `exports` (%s)',
    (_name, folder) => {
      const options: ts.CompilerOptions = {
        module: ts.ModuleKind.CommonJS,
        moduleResolution: ts.ModuleResolutionKind.Node10,
        ignoreDeprecations: '6.0',
        noEmit: true,
      };
      expect(compile(folder, ['common.cts', 'draft.cts', 'v5.cts', 'types.ts'], options)).toEqual([]);
    },
    60_000,
  );

  it.each(all.filter((file) => !checkedOnly.includes(file)))('say the same on both: %s', async (file) => {
    const expected = await run(folders.npm, file);
    expect(expected).not.toBe('');
    expect(await run(folders.ours, file)).toBe(expected);
  });
});
