/**
 * Makes the JavaScript of a library's `dist`: a file for each entry of its package.json, and those that entries share.
 * Run in the library's folder, after tsc has put its declarations there.
 *
 * Loading hundreds of modules takes a process twice as long as loading their bundle, and leaves 1.5 MB more in its
 * heap (docs/adr/0013-bundles.md).
 */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { rollup } from '@rollup/wasm-node';
import ts from 'typescript';

const { bin = {}, exports } = JSON.parse(await readFile('package.json', 'utf8'));
const files = [...Object.values(bin), ...Object.values(exports).map((entry) => entry.default)];
const names = new Set(files.map((file) => file.replace(/^(\.\/)?dist\/(.*)\.js$/, '$2')));

const { config } = ts.readConfigFile('tsconfig.publish.json', (path) => ts.sys.readFile(path));
const { target, experimentalDecorators, emitDecoratorMetadata, verbatimModuleSyntax } = ts.parseJsonConfigFileContent(
  config,
  ts.sys,
  process.cwd(),
).options;

const typescript = {
  name: 'typescript',
  resolveId: (name, from) =>
    from !== undefined && name.startsWith('.') ? resolve(dirname(from), name.replace(/\.js$/, '.ts')) : null,
  async load(path) {
    const { outputText, sourceMapText } = ts.transpileModule(await readFile(path, 'utf8'), {
      fileName: path,
      compilerOptions: {
        target,
        experimentalDecorators,
        emitDecoratorMetadata,
        verbatimModuleSyntax,
        module: ts.ModuleKind.ESNext,
        // V8 keeps the text of a source, comments and all.
        removeComments: true,
        sourceMap: true,
        inlineSources: true,
      },
    });
    return { code: ascii(outputText), map: sourceMapText };
  },
};

/** One letter that is none of ASCII, in a string, and V8 keeps the whole source with two bytes a letter. */
function ascii(code) {
  return code.replace(/[^\0-\x7f]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

const bundle = await rollup({
  input: Object.fromEntries([...names].map((name) => [name, resolve('src', `${name}.ts`)])),
  // Whatever has no path is Node's own or a dependency.
  external: (name) => !name.startsWith('.') && !name.startsWith('/'),
  plugins: [typescript],
  onwarn({ message }) {
    throw new Error(message);
  },
});
await bundle.write({ dir: 'dist', chunkFileNames: 'shared/[name].js', sourcemap: true });
await bundle.close();
