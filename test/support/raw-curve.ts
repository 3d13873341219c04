import { randomBytes } from 'node:crypto';
import sodium from 'libsodium-wrappers';
import type { KeyPair } from './key-pair.js';
import { bytes, command, frame, greeting, GREETING_SIZE, property } from './raw-bytes.js';
import type { RawPeer } from './raw-peer.js';

/*
 * CURVE by hand, written from 26/CURVEZMQ with the boxes of libsodium's own wrapper, so
 * that the tests share nothing with the code they test.
 */

export async function loadSodium(): Promise<void> {
  await sodium.ready;
}

/** 8 octets, in network order. */
export function short(value: bigint | number): Buffer {
  const nonce = Buffer.alloc(8);
  nonce.writeBigUInt64BE(BigInt(value));
  return nonce;
}

const nonceOf = (prefix: string, rest: Uint8Array): Buffer => Buffer.concat([Buffer.from(prefix, 'latin1'), rest]);

/** Box [plain](from->to). */
export function box(plain: Uint8Array, nonce: Buffer, to: Buffer, from: Buffer): Buffer {
  return Buffer.from(sodium.crypto_box_easy(plain, nonce, to, from));
}

/** Throws for what is not authentic. */
export function unbox(sealed: Uint8Array, nonce: Buffer, from: Buffer, to: Buffer): Buffer {
  return Buffer.from(sodium.crypto_box_open_easy(sealed, nonce, from, to));
}

export function shortTermPair(): KeyPair {
  const { publicKey, privateKey } = sodium.crypto_box_keypair();
  return { publicKey: Buffer.from(publicKey), secretKey: Buffer.from(privateKey) };
}

/** The body of a frame. */
export function bodyOf(whole: Buffer): Buffer {
  return whole.subarray(((whole[0] ?? 0) & 2) === 0 ? 2 : 9);
}

/** What a peer changes, where it is not what it should be. */
export interface ClientFaults {
  readonly vouchFor?: Buffer;
  readonly vouchServer?: Buffer;
  readonly metadata?: Buffer;
}

/** A client at a raw peer. Each method is one step, so that a test can leave one out or change it. */
export class RawCurveClient {
  readonly shortTerm = shortTermPair();
  cookie = Buffer.alloc(0);
  serverShortTerm = Buffer.alloc(0);
  /** Of the last command. */
  nonce = 0n;

  constructor(
    readonly peer: RawPeer,
    readonly serverKey: Buffer,
    readonly pair: KeyPair,
    readonly socketType = 'DEALER',
  ) {}

  /** Greeting both ways. */
  async greet(minor = 1): Promise<Buffer> {
    this.peer.write(greeting(3, minor, 'CURVE'));
    return this.peer.read(GREETING_SIZE);
  }

  hello(): Buffer {
    const nonce = short(++this.nonce);
    const sealed = box(Buffer.alloc(64), nonceOf('CurveZMQHELLO---', nonce), this.serverKey, this.shortTerm.secretKey);
    return command('HELLO', Buffer.concat([bytes('0100'), Buffer.alloc(72), this.shortTerm.publicKey, nonce, sealed]));
  }

  /** @param body with the command's name */
  welcome(body: Buffer): void {
    const nonce = nonceOf('WELCOME-', body.subarray(8, 24));
    const plain = unbox(body.subarray(24), nonce, this.serverKey, this.shortTerm.secretKey);
    this.serverShortTerm = Buffer.from(plain.subarray(0, 32));
    this.cookie = Buffer.from(plain.subarray(32));
  }

  initiate(faults: ClientFaults = {}): Buffer {
    const { vouchFor = this.shortTerm.publicKey, vouchServer = this.serverKey } = faults;
    const { metadata = property('Socket-Type', this.socketType) } = faults;
    const vouchNonce = randomBytes(16);
    const vouched = Buffer.concat([vouchFor, vouchServer]);
    const vouch = box(vouched, nonceOf('VOUCH---', vouchNonce), this.serverShortTerm, this.pair.secretKey);
    const plain = Buffer.concat([this.pair.publicKey, vouchNonce, vouch, metadata]);
    const nonce = short(++this.nonce);
    const sealed = box(plain, nonceOf('CurveZMQINITIATE', nonce), this.serverShortTerm, this.shortTerm.secretKey);
    return command('INITIATE', Buffer.concat([this.cookie, nonce, sealed]));
  }

  /** Gives the server's metadata. */
  ready(body: Buffer): Buffer {
    const nonce = nonceOf('CurveZMQREADY---', body.subarray(6, 14));
    return unbox(body.subarray(14), nonce, this.serverShortTerm, this.shortTerm.secretKey);
  }

  /** The whole handshake. Gives the server's metadata. */
  async shakeHands(): Promise<Buffer> {
    await this.greet();
    this.peer.write(this.hello());
    this.welcome(bodyOf(await this.peer.readFrame()));
    this.peer.write(this.initiate());
    return this.ready(bodyOf(await this.peer.readFrame()));
  }

  /** A MESSAGE as libzmq sends it, in a message frame. */
  message(payload: Buffer | string, { flags = 0, nonce = ++this.nonce, outer = 0 } = {}): Buffer {
    const plain = Buffer.concat([Buffer.of(flags), Buffer.from(payload)]);
    const whole = nonceOf('CurveZMQMESSAGEC', short(nonce));
    const sealed = box(plain, whole, this.serverShortTerm, this.shortTerm.secretKey);
    return frame(outer, Buffer.concat([bytes('07 "MESSAGE"'), short(nonce), sealed]));
  }

  /** What is in a MESSAGE of the server: nonce, flags and payload. */
  open(body: Buffer): { readonly nonce: bigint; readonly flags: number; readonly payload: Buffer } {
    const nonce = nonceOf('CurveZMQMESSAGES', body.subarray(8, 16));
    const plain = unbox(body.subarray(16), nonce, this.serverShortTerm, this.shortTerm.secretKey);
    return { nonce: body.readBigUInt64BE(8), flags: plain[0]!, payload: plain.subarray(1) };
  }
}

/** A server at a raw peer, step by step. */
export class RawCurveServer {
  readonly shortTerm = shortTermPair();
  readonly cookie = randomBytes(96);
  clientShortTerm = Buffer.alloc(0);
  clientKey = Buffer.alloc(0);
  nonce = 0n;

  constructor(
    readonly peer: RawPeer,
    readonly pair: KeyPair,
    readonly socketType = 'ROUTER',
  ) {}

  async greet(): Promise<Buffer> {
    this.peer.write(greeting(3, 1, 'CURVE'));
    return this.peer.read(GREETING_SIZE);
  }

  /** Throws for one that is not authentic. Gives what was in its box. */
  hello(body: Buffer): Buffer {
    this.clientShortTerm = Buffer.from(body.subarray(80, 112));
    const nonce = nonceOf('CurveZMQHELLO---', body.subarray(112, 120));
    return unbox(body.subarray(120), nonce, this.clientShortTerm, this.pair.secretKey);
  }

  welcome(): Buffer {
    const nonce = randomBytes(16);
    const plain = Buffer.concat([this.shortTerm.publicKey, this.cookie]);
    const sealed = box(plain, nonceOf('WELCOME-', nonce), this.clientShortTerm, this.pair.secretKey);
    return command('WELCOME', Buffer.concat([nonce, sealed]));
  }

  /** Gives what the client vouches for, and its metadata. */
  initiate(body: Buffer): { readonly vouched: Buffer; readonly metadata: Buffer } {
    const nonce = nonceOf('CurveZMQINITIATE', body.subarray(105, 113));
    const plain = unbox(body.subarray(113), nonce, this.clientShortTerm, this.shortTerm.secretKey);
    this.clientKey = Buffer.from(plain.subarray(0, 32));
    const vouchNonce = nonceOf('VOUCH---', plain.subarray(32, 48));
    const vouched = unbox(plain.subarray(48, 128), vouchNonce, this.clientKey, this.shortTerm.secretKey);
    return { vouched, metadata: plain.subarray(128) };
  }

  ready(metadata = property('Socket-Type', this.socketType)): Buffer {
    const nonce = short(++this.nonce);
    const sealed = box(metadata, nonceOf('CurveZMQREADY---', nonce), this.clientShortTerm, this.shortTerm.secretKey);
    return command('READY', Buffer.concat([nonce, sealed]));
  }

  async shakeHands(): Promise<void> {
    await this.greet();
    this.hello(bodyOf(await this.peer.readFrame()));
    this.peer.write(this.welcome());
    this.initiate(bodyOf(await this.peer.readFrame()));
    this.peer.write(this.ready());
  }

  message(payload: Buffer | string, { flags = 0, nonce = ++this.nonce } = {}): Buffer {
    const plain = Buffer.concat([Buffer.of(flags), Buffer.from(payload)]);
    const whole = nonceOf('CurveZMQMESSAGES', short(nonce));
    const sealed = box(plain, whole, this.clientShortTerm, this.shortTerm.secretKey);
    return frame(0, Buffer.concat([bytes('07 "MESSAGE"'), short(nonce), sealed]));
  }

  open(body: Buffer): { readonly nonce: bigint; readonly flags: number; readonly payload: Buffer } {
    const nonce = nonceOf('CurveZMQMESSAGEC', body.subarray(8, 16));
    const plain = unbox(body.subarray(16), nonce, this.clientShortTerm, this.shortTerm.secretKey);
    return { nonce: body.readBigUInt64BE(8), flags: plain[0]!, payload: plain.subarray(1) };
  }
}
