import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** docs/migrating-from-zeromq.md, whose recipes are tried as they are printed. */
export const page = readFileSync(
  fileURLToPath(new URL('../../docs/migrating-from-zeromq.md', import.meta.url)),
  'utf8',
);

/** What is behind `zeromq` and `@nest-zmq/core/zeromq`. */
export const entries = ['', '/draft', '/v5-compat'];

/** The code block below the comment. */
export function blockOf(name: string): string {
  const [, code] = page.split(`<!-- ${name} -->`)[1]?.match(/^\s+```\w+\n([\s\S]*?)```/) ?? [];
  if (code === undefined) throw new Error(`there is no block ${name}`);
  return code;
}

/** Makes the package of the name `zeromq` that the page shows. */
export function writeVendored(folder: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), blockOf('vendor/zeromq/package.json'));
  const module = blockOf('vendor/zeromq/index.js');
  for (const entry of entries) {
    const code = module.replaceAll('core/zeromq', `core/zeromq${entry}`);
    for (const ending of ['js', 'd.ts']) writeFileSync(join(folder, `${entry.slice(1) || 'index'}.${ending}`), code);
  }
}
