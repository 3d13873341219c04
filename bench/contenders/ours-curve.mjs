import { createRequire, register } from 'node:module';
import { fast } from './ours.mjs';

const require = createRequire(import.meta.url);

/** Ours under CURVE where no addon is installed: it is hidden from the process. */
export function wasm() {
  register('./without-addon.mjs', import.meta.url);
  return { ...fast, name: 'ours (libsodium by WebAssembly)', version: fast.version, options: {} };
}

/** Ours under CURVE with the addon. */
export function native() {
  return { ...fast, name: 'ours (sodium-native)', version: versionWithAddon(), options: {} };
}

/** `undefined` where there is none, or it does not load: ours would then do without, and not say so. */
function versionWithAddon() {
  try {
    require('sodium-native');
    return `${fast.version}, sodium-native ${require('sodium-native/package.json').version}`;
  } catch (error) {
    console.error(`Without sodium-native: ${error.message}`);
    return undefined;
  }
}
