/** Module hooks: runs the TypeScript sources in a child process as they are, without a build. See `ts-loader.mjs`. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { transform } from '@swc/core';

const root = new URL('../../../', import.meta.url);
const packages = { '@nest-zmq/core': 'libs/zmq-core', '@nest-zmq/transport': 'libs/nest-transport' };
const swc = JSON.parse(await readFile(new URL('.swcrc', root), 'utf8'));

export async function resolve(specifier, context, next) {
  const folder = packages[specifier];
  if (folder !== undefined) return { url: new URL(`${folder}/src/index.ts`, root).href, shortCircuit: true };
  if (specifier.startsWith('.') && specifier.endsWith('.js')) {
    const url = new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL);
    if (existsSync(fileURLToPath(url))) return { url: url.href, shortCircuit: true };
  }
  return next(specifier, context);
}

export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  const source = await readFile(fileURLToPath(url), 'utf8');
  const { code } = await transform(source, { ...swc, filename: fileURLToPath(url), sourceMaps: 'inline' });
  return { format: 'module', source: code, shortCircuit: true };
}
