import type { CryptoBackend } from '../mechanism/crypto-backend.js';
import { checkBackend } from './check-backend.js';
import { NATIVE_FROM, type SodiumNative, SodiumNativeBackend } from './sodium-native.js';
import { loadSodium } from './sodium-module.js';
import { SodiumWasm } from './sodium-wasm.js';

/** In a variable, so that no bundler and no compiler takes for needed what is optional. */
const NATIVE = 'sodium-native';

/** libsodium as WebAssembly, which is always there. */
export async function openWasm(): Promise<CryptoBackend> {
  return checkBackend(new SodiumWasm(await loadSodium()));
}

/**
 * With the addon for what each message costs. Rejects where it is not installed, or cannot be loaded.
 * @param from the least that is left to it, in bytes
 */
export async function openNative(wasm: CryptoBackend, from = NATIVE_FROM): Promise<CryptoBackend> {
  const loaded = (await import(/* webpackIgnore: true */ NATIVE)) as { readonly default: SodiumNative };
  // What is checked is the addon, whatever is left to it.
  checkBackend(new SodiumNativeBackend(loaded.default, wasm, 0));
  return new SodiumNativeBackend(loaded.default, wasm, from);
}

/** The best there is: the addon where its user has installed it, and it works. */
export async function openBackend(): Promise<CryptoBackend> {
  const wasm = await openWasm();
  return openNative(wasm).catch(() => wasm);
}
