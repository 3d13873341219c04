import { NONCE_SIZE, TAG_SIZE } from '../mechanism/crypto-backend.js';
import { loadSodium, type SodiumModule } from './sodium-module.js';
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

it('nothing of a large box is left in memory when it was sealed, and when it was opened', async () => {
  const sodium = await loadSodium();
  const backend = new SodiumWasm(sodium);
  const [key, nonce] = [Buffer.alloc(32, 1), Buffer.alloc(NONCE_SIZE, 2)];
  const secret = 'what nobody else is to read';
  const plain = Buffer.alloc(300_000);
  // Not at its very beginning: that much libsodium has on its stack.
  for (const at of [100, 150_000, 299_900]) plain.write(secret, at);
  const isThere = (): boolean => Buffer.from(sodium.HEAPU8.buffer).includes(secret);
  const box = Buffer.alloc(TAG_SIZE + plain.length);
  backend.seal(key, nonce, plain[0]!, plain.subarray(1), box, 0);
  expect(isThere()).toBe(false);
  expect(backend.open(key, nonce, box, 0)).toBe(true);
  expect(box.includes(secret)).toBe(true);
  expect(isThere()).toBe(false);
});
