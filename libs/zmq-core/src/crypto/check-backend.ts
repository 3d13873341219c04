import { type CryptoBackend, KEY_SIZE, TAG_SIZE } from '../mechanism/crypto-backend.js';

/** The example of "Cryptography in NaCl" by D. J. Bernstein: Alice's secret key, Bob's public key, and what they agree on. */
const ALICE = Buffer.from('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a', 'hex');
const BOB = Buffer.from('de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f', 'hex');
const AGREED = Buffer.from('1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389', 'hex');
/** A nonce and the tag of this box, by the same. */
const NONCE = Buffer.from('69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37', 'hex');
const PLAIN = Buffer.from(
  'be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffce5ecbaaf33bd751a1ac728d45e6c61296cdc3c01233561f4' +
    '1db66cce314adb310e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a024a838f21af1fde048977eb48f59ffd4924ca1c60902e52' +
    'f0a089bc76897040e082f937763848645e0705',
  'hex',
);
const TAG = Buffer.from('f3ffc7703f9400e52a7dfb4b3d3305d9', 'hex');

/**
 * A library that computes something else than it should must not be trusted with
 * anything, and one that is loaded at run time may be of any kind: an example is
 * computed before it is used.
 * @throws an Error that names the library
 */
export function checkBackend(backend: CryptoBackend): CryptoBackend {
  if (!agrees(backend) || !boxes(backend)) throw new Error(`${backend.name} does not compute what it should`);
  return backend;
}

function agrees(backend: CryptoBackend): boolean {
  const isZeroRefused = backend.sharedKey(Buffer.alloc(KEY_SIZE), ALICE) === undefined;
  return isZeroRefused && backend.sharedKey(BOB, ALICE)?.equals(AGREED) === true;
}

function boxes(backend: CryptoBackend): boolean {
  const box = Buffer.alloc(TAG_SIZE + PLAIN.length);
  backend.seal(AGREED, NONCE, PLAIN[0]!, PLAIN.subarray(1), box, 0);
  const forged = Buffer.from(box);
  forged.writeUInt8(forged.readUInt8(TAG_SIZE) ^ 1, TAG_SIZE);
  const isForgeryRefused = !backend.open(AGREED, NONCE, forged, 0);
  const isTagRight = box.subarray(0, TAG_SIZE).equals(TAG);
  return isTagRight && isForgeryRefused && backend.open(AGREED, NONCE, box, 0) && box.subarray(TAG_SIZE).equals(PLAIN);
}
