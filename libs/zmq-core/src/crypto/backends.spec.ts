import { createPrivateKey, createPublicKey } from 'node:crypto';
import wrappers from 'libsodium-wrappers';
import { systemRandom } from '../foundation/random.js';
import { type CryptoBackend, TAG_SIZE } from '../mechanism/crypto-backend.js';
import { pattern, print } from '../testing/bytes.js';
import { checkBackend } from './check-backend.js';
import { openBackend, openNative, openWasm } from './open-backend.js';
import { loadSodium } from './sodium-module.js';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const hexWithTopBit = (text: string): string => text.slice(0, -2) + (Number(`0x${text.slice(-2)}`) | 0x80).toString(16);

/* "Cryptography in NaCl" by D. J. Bernstein; the keys are those of RFC 7748 too. */
const aliceSecret = hex('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a');
const alicePublic = hex('8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a');
const bobSecret = hex('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb');
const bobPublic = hex('de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f');
const sharedKey = hex('1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389');
const nonce = hex('69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37');
const plain = hex(
  'be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffce5ecbaaf33bd751a1ac728d45e6c61296cdc3c01233561f41db66cce314adb310e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a024a838f21af1fde048977eb48f59ffd4924ca1c60902e52f0a089bc76897040e082f937763848645e0705',
);
const box = hex(
  'f3ffc7703f9400e52a7dfb4b3d3305d98e993b9f48681273c29650ba32fc76ce48332ea7164d96a4476fb8c531a1186ac0dfc17c98dce87b4da7f011ec48c97271d2c20f9b928fe2270d6fb863d51738b48eeee314a7cc8ab932164548e526ae90224368517acfeabd6bb3732bc0e9da99832b61ca01b6de56244a9e88d5f9b37973f622a43d14a6599b1f654cb45a74e355a5',
);

/** All there are, also as numbers that are not reduced, and with the bit set that means nothing (RFC 7748, 5). */
const lowOrder = [
  '00'.repeat(32),
  `01${'00'.repeat(31)}`,
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  `ec${'ff'.repeat(30)}7f`,
  `ed${'ff'.repeat(30)}7f`,
  `ee${'ff'.repeat(30)}7f`,
].flatMap((key) => [key, hexWithTopBit(key)]);

let wasm: CryptoBackend;
let native: CryptoBackend;
/** As it is used: what is small goes the other way. */
let both: CryptoBackend;
beforeAll(async () => {
  wasm = await openWasm();
  native = await openNative(wasm, 0);
  both = await openNative(wasm);
});
const each = [
  ['WebAssembly', () => wasm],
  ['sodium-native', () => native],
  ['sodium-native for what is not small', () => both],
] as const;

function seal(backend: CryptoBackend, key: Buffer, nonceOfBox: Buffer, content: Buffer, at = 0): Buffer {
  const target = Buffer.alloc(at + TAG_SIZE + content.length);
  backend.seal(key, nonceOfBox, content[0]!, content.subarray(1), target, at);
  return target.subarray(at);
}

describe.each(each)('%s', (_, backend) => {
  it('computes the examples of NaCl', () => {
    expect(backend().publicKey(aliceSecret)).toEqual(alicePublic);
    expect(backend().publicKey(bobSecret)).toEqual(bobPublic);
    expect(backend().sharedKey(bobPublic, aliceSecret)).toEqual(sharedKey);
    expect(backend().sharedKey(alicePublic, bobSecret)).toEqual(sharedKey);
    expect(seal(backend(), sharedKey, nonce, plain)).toEqual(box);
    const opened = Buffer.from(box);
    expect(backend().open(sharedKey, nonce, opened, 0)).toBe(true);
    expect(opened.subarray(TAG_SIZE)).toEqual(plain);
  });

  it.each(lowOrder)('agrees on nothing with %s, a key of low order', (key) => {
    expect(backend().sharedKey(hex(key), aliceSecret)).toBeUndefined();
  });

  it('leaves what it was given as it was, and gives memory of its own', () => {
    const [publicKey, secretKey] = [Buffer.from(bobPublic), Buffer.from(aliceSecret)];
    const first = backend().sharedKey(publicKey, secretKey)!;
    expect([publicKey, secretKey]).toEqual([bobPublic, aliceSecret]);
    backend().sharedKey(alicePublic, bobSecret)!.fill(0);
    backend().publicKey(aliceSecret).fill(0);
    expect(first).toEqual(sharedKey);
    const content = Buffer.from(plain);
    seal(backend(), sharedKey, nonce, content);
    expect(content).toEqual(plain);
  });

  it('opens nothing that is not authentic, and changes nothing of it', () => {
    for (const bit of [0, 7, 8 * TAG_SIZE, box.length * 8 - 1]) {
      const forged = Buffer.from(box);
      forged[bit >> 3]! ^= 1 << (bit & 7);
      const before = Buffer.from(forged);
      expect(backend().open(sharedKey, nonce, forged, 0)).toBe(false);
      expect(forged).toEqual(before);
    }
    expect(backend().open(pattern(32), nonce, Buffer.from(box), 0)).toBe(false);
    expect(backend().open(sharedKey, pattern(24), Buffer.from(box), 0)).toBe(false);
  });

  it('takes the right key after another', () => {
    const [one, other] = [systemRandom.bytes(32), systemRandom.bytes(32)];
    const boxes = [one, other, one].map((key) => seal(backend(), key, nonce, plain));
    expect(boxes[0]).toEqual(boxes[2]);
    expect(boxes[0]).not.toEqual(boxes[1]);
    expect([backend().open(other, nonce, Buffer.from(boxes[0]!), 0), backend().open(one, nonce, boxes[0]!, 0)]).toEqual([false, true]);
  }); // prettier-ignore

  it('checks itself', () => {
    expect(checkBackend(backend())).toBe(backend());
  });
});

/** Every length up to 300, and around the edges of blocks, pages and of the place that WebAssembly has for a box. */
const lengths = [
  ...Array.from({ length: 301 }, (_, length) => length),
  ...[511, 512, 1023, 1024, 4095, 4096, 8191, 8192, 65_535, 65_536].flatMap((edge) => [edge, edge + 1]),
  ...[128 * 1024, 256 * 1024].flatMap((edge) => [-17, -16, -1, 0, 1].map((step) => edge + step)),
  1_000_000,
];

it('the two are the same, on random inputs of every length', () => {
  for (const length of lengths) {
    const key = systemRandom.bytes(32);
    const nonceOfBox = systemRandom.bytes(24);
    const content = systemRandom.bytes(1 + length);
    const at = length % 50;
    const sealed = seal(wasm, key, nonceOfBox, content, at);
    expect([length, print(seal(native, key, nonceOfBox, content))]).toEqual([length, print(sealed)]);
    for (const backend of [wasm, native, both]) {
      const frame = Buffer.concat([Buffer.alloc(at, 9), sealed]);
      expect([length, backend.open(key, nonceOfBox, frame, at)]).toEqual([length, true]);
      expect([length, print(frame.subarray(at + TAG_SIZE))]).toEqual([length, print(content)]);
      expect(frame.subarray(0, at)).toEqual(Buffer.alloc(at, 9));
      const forged = Buffer.concat([Buffer.alloc(at), sealed]);
      forged[at + (length % sealed.length)]! ^= 0x10;
      expect([length, backend.open(key, nonceOfBox, forged, at)]).toEqual([length, false]);
    }
  }
});

it('what is kept of a key and a nonce for the next box is of no box with others', async () => {
  await wrappers.ready;
  const keys = [pattern(32), systemRandom.bytes(32)];
  // Each octet of the nonce, and then the key, is another than in the box before.
  for (let step = 0; step < 25; step++) {
    const nonceOfBox = Buffer.alloc(24);
    if (step < 24) nonceOfBox[step] = 0x80;
    const key = keys[step < 24 ? 0 : 1]!;
    const wanted = print(Buffer.from(wrappers.crypto_secretbox_easy(plain, nonceOfBox, key)));
    const sealed = seal(wasm, key, nonceOfBox, plain);
    expect([step, print(sealed)]).toEqual([step, wanted]);
    // Opened with the same, then sealed with others: each direction has its own.
    expect(wasm.open(key, nonceOfBox, sealed, 0)).toBe(true);
    expect(print(sealed.subarray(TAG_SIZE))).toBe(print(plain));
  }
});

it('a box with nothing in it is opened too: a peer may send one, though we make none', async () => {
  await wrappers.ready;
  const empty = Buffer.from(wrappers.crypto_secretbox_easy(new Uint8Array(0), nonce, sharedKey));
  expect(empty).toHaveLength(TAG_SIZE);
  for (const backend of [wasm, native, both]) {
    for (const at of [0, 5]) {
      const frame = Buffer.concat([Buffer.alloc(at, 9), empty]);
      expect(backend.open(sharedKey, nonce, Buffer.from(frame), at)).toBe(true);
      frame[at]! ^= 1;
      expect(backend.open(sharedKey, nonce, frame, at)).toBe(false);
    }
  }
});

/** What the addon has of its own, and no backend calls. */
interface Addon {
  crypto_box_easy(box: Uint8Array, plain: Uint8Array, nonce: Uint8Array, to: Uint8Array, from: Uint8Array): void;
}

/** By Node.js: X25519 of OpenSSL. */
function publicKeyOf(secretKey: Buffer): Buffer {
  const key = Buffer.concat([hex('302e020100300506032b656e04220420'), secretKey]);
  const pair = createPrivateKey({ key, format: 'der', type: 'pkcs8' });
  return createPublicKey(pair).export({ format: 'der', type: 'spki' }).subarray(-32);
}

it('they agree on the keys that Node.js, the addon and libsodium’s own wrapper agree on, of random ones', async () => {
  await wrappers.ready;
  const name: string = 'sodium-native';
  const { default: addon } = (await import(name)) as { readonly default: Addon };
  for (let i = 0; i < 50; i++) {
    const [one, other] = [systemRandom.bytes(32), systemRandom.bytes(32)];
    const [publicOne, publicOther] = [publicKeyOf(one), publicKeyOf(other)];
    const wanted = Buffer.from(wrappers.crypto_box_beforenm(publicOther, one));
    // Both steps in one: the agreement is the addon's too.
    const boxed = Buffer.alloc(TAG_SIZE + plain.length);
    addon.crypto_box_easy(boxed, plain, nonce, publicOther, one);
    for (const backend of [wasm, native, both]) {
      expect([backend.publicKey(one), backend.publicKey(other)]).toEqual([publicOne, publicOther]);
      expect(backend.sharedKey(publicOther, one)).toEqual(wanted);
      expect(backend.sharedKey(publicOne, other)).toEqual(wanted);
      expect(seal(backend, backend.sharedKey(publicOther, one)!, nonce, plain)).toEqual(boxed);
    }
  }
});

describe('which is taken', () => {
  it('the addon, where it is installed', async () => {
    expect((await openBackend()).name).toBe(native.name);
    expect(native.name).toContain('sodium-native');
    expect(wasm.name).toBe('libsodium (WebAssembly)');
  });

  it.each([
    ['agrees on zero', { sharedKey: () => Buffer.alloc(32) }],
    ['takes a key of low order', { sharedKey: () => sharedKey }],
    ['seals nothing', { seal: () => {} }],
    ['opens anything', { open: () => true }],
    ['opens nothing', { open: () => false }],
  ] satisfies [string, Partial<CryptoBackend>][])('none that %s', (_, fault) => {
    const broken: CryptoBackend = {
      name: 'broken',
      publicKey: (key) => wasm.publicKey(key),
      sharedKey: (publicKey, secretKey) => wasm.sharedKey(publicKey, secretKey),
      seal: (...parts) => wasm.seal(...parts),
      open: (...parts) => wasm.open(...parts),
      ...fault,
    };
    expect(() => checkBackend(broken)).toThrow('broken does not compute what it should');
  });
});

describe('the memory of WebAssembly', () => {
  it('has an end, which is told and is no end of the process', async () => {
    const sodium = await loadSodium();
    expect([sodium._malloc(2 ** 31), sodium._malloc(2 ** 32 - 1000)]).toEqual([0, 0]);
  });

  it('grows with a large box, and the next small one is right', () => {
    const before = seal(wasm, sharedKey, nonce, plain);
    const large = seal(wasm, sharedKey, nonce, Buffer.alloc(64_000_000, 7));
    expect(seal(wasm, sharedKey, nonce, plain)).toEqual(before);
    expect(wasm.sharedKey(bobPublic, aliceSecret)).toEqual(sharedKey);
    expect([wasm.open(sharedKey, nonce, large, 0), wasm.open(sharedKey, nonce, before, 0)]).toEqual([true, true]);
    expect(before.subarray(TAG_SIZE)).toEqual(plain);
  });
});
