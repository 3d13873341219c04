import * as zmq from '@nest-zmq/core';
import { CryptoLoader } from '../../libs/zmq-core/dist/crypto/crypto-loader.js';
import { openNative, openWasm } from '../../libs/zmq-core/dist/crypto/open-backend.js';
import { fast } from './ours.mjs';

/** Ours under CURVE with one library and no other, whatever is installed. */
async function withBackend(name, open) {
  const backend = await open().catch((error) => {
    console.error(`Without ${name}: ${error.message}`);
    return undefined;
  });
  const context = zmq.createContext({ crypto: new CryptoLoader(async () => backend) });
  return { ...fast, name, version: backend?.name, options: { context } };
}

export const wasm = () => withBackend('ours (libsodium by WebAssembly)', openWasm);
export const native = () => withBackend('ours (sodium-native)', async () => openNative(await openWasm()));
