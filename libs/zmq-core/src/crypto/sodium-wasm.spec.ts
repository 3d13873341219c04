import { NONCE_SIZE } from '../mechanism/crypto-backend.js';
import type { SodiumModule } from './sodium-module.js';
import { SodiumWasm } from './sodium-wasm.js';

/** A module whose memory is used up after the first block. */
function scarceModule(): SodiumModule {
  let blocks = 0;
  const fail = (): number => -1;
  return {
    HEAPU8: new Uint8Array(1024 * 1024),
    _malloc: () => (blocks++ === 0 ? 1024 : 0),
    _free: () => {},
    _crypto_scalarmult_base: fail,
    _crypto_box_beforenm: fail,
    _crypto_core_hsalsa20: fail,
    _crypto_stream_salsa20: fail,
    _crypto_onetimeauth_poly1305: fail,
    _crypto_onetimeauth_poly1305_verify: fail,
    _crypto_secretbox_easy: fail,
    _crypto_secretbox_open_easy: fail,
  };
}

it('a box that there is no memory for is the error of one connection: its peer decides how large it is', () => {
  const backend = new SodiumWasm(scarceModule());
  const [key, nonce, large] = [Buffer.alloc(32), Buffer.alloc(NONCE_SIZE), Buffer.alloc(200_000)];
  const error = expect.objectContaining({ name: 'ProtocolError', message: expect.stringContaining('has memory for') });
  expect(() => backend.open(key, nonce, large, 0)).toThrow(error);
  expect(() => backend.seal(key, nonce, 0, large, Buffer.alloc(300_000), 0)).toThrow(error);
});
