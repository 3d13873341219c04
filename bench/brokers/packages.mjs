import { readFileSync } from 'node:fs';

/** Without loading it. */
export function versionOfPackage(name) {
  const manifest = new URL(`../../node_modules/${name}/package.json`, import.meta.url);
  return JSON.parse(readFileSync(manifest, 'utf8')).version;
}
