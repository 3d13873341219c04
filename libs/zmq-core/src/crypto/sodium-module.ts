// oxlint-disable-next-line typescript/triple-slash-reference -- an import cannot bring in the declaration of a package
/// <reference path="./libsodium-sumo.d.ts" />

/**
 * What is used of libsodium's module, as its compiler gives it: places in its memory are
 * numbers, lengths of 64 bits come in two halves.
 */
export interface SodiumModule {
  /** Another one after the memory has grown: the old one is then empty. */
  readonly HEAPU8: Uint8Array;
  /** 0 when there is no memory. */
  _malloc(size: number): number;
  _free(at: number): void;
  _crypto_scalarmult_base(publicKey: number, secretKey: number): number;
  _crypto_box_beforenm(sharedKey: number, publicKey: number, secretKey: number): number;
  /** The key of a stream, of a key and the first 16 octets of a nonce. `constant` 0: its own. */
  _crypto_core_hsalsa20(streamKey: number, prefix: number, key: number, constant: number): number;
  /** @param nonce of 8 octets */
  _crypto_stream_salsa20(stream: number, low: number, high: number, nonce: number, streamKey: number): number;
  _crypto_onetimeauth_poly1305(tag: number, bytes: number, low: number, high: number, key: number): number;
  /** 0 when the tag is theirs; compared in constant time. */
  _crypto_onetimeauth_poly1305_verify(tag: number, bytes: number, low: number, high: number, key: number): number;
  _crypto_secretbox_easy(box: number, plain: number, low: number, high: number, nonce: number, key: number): number;
  _crypto_secretbox_open_easy(
    plain: number,
    box: number,
    low: number,
    high: number,
    nonce: number,
    key: number,
  ): number;
}

/** Loads a module of its own: nobody else's use of libsodium touches its memory. */
export async function loadSodium(): Promise<SodiumModule> {
  const { default: create } = await import('libsodium-sumo');
  const sodium = (await create({ getRandomValue })) as SodiumModule & { _sodium_init(): number };
  if (sodium._sodium_init() < 0) throw new Error('libsodium does not start');
  return sodium;
}

/** 32 bits. It asks for them as it starts, and none of what is used of it does. */
function getRandomValue(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0]!;
}
