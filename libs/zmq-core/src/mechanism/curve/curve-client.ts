import { ProtocolError } from '../../foundation/errors.js';
import type { RandomSource } from '../../foundation/random.js';
import { type Command, encodeCommand } from '../../wire/command.js';
import { decodeMetadata, type Properties } from '../../wire/metadata.js';
import { type CryptoBackend, KEY_SIZE, NONCE_SIZE, TAG_SIZE } from '../crypto-backend.js';
import type { Mechanism } from '../mechanism.js';
import { createKeyPair, type KeyPair, open, seal } from './curve-box.js';
import { COOKIE_SIZE } from './curve-cookie.js';
import { noKey, notAuthentic, unexpectedCommand, wrongSize } from './curve-errors.js';
import type { CurveKeys } from './curve-keys.js';
import { CurveMessages } from './curve-messages.js';
import { LONG_NONCE_SIZE, nonceOf, prefixes, ReceivedNonces, SentNonces, SHORT_NONCE_SIZE } from './curve-nonce.js';

/** 1.0 of CurveZMQ. */
export const HELLO_VERSION = Buffer.of(1, 0);
/** Makes a HELLO longer than the WELCOME that answers it: nobody gets more out of a server than he put in. */
export const HELLO_PADDING = 72;
/** What the box of HELLO holds: zeros. */
export const HELLO_PLAIN = 64;
/** Of the data behind the command's name. */
const WELCOME_SIZE = LONG_NONCE_SIZE + TAG_SIZE + KEY_SIZE + COOKIE_SIZE;
const LEAST_READY_SIZE = SHORT_NONCE_SIZE + TAG_SIZE;

/** The client's side of CURVE (25/ZMTP-CURVE, 26/CURVEZMQ); in the names of the RFC: C and c, C' and c' are ours, S and S' the server's. */
export class CurveClient implements Mechanism {
  readonly name = 'CURVE';
  readonly asServer = false;
  status: 'handshaking' | 'ready' = 'handshaking';
  peerProperties: Properties = new Map();
  messages: CurveMessages | undefined;

  #state: 'hello' | 'welcome' | 'initiate' | 'ready' | 'done' = 'hello';
  readonly #backend: CryptoBackend;
  readonly #random: RandomSource;
  readonly #keys: CurveKeys;
  readonly #serverKey: Buffer;
  readonly #ownMetadata: Buffer;
  readonly #sent = new SentNonces();
  #shortTerm: KeyPair | undefined;
  /** Of the current step: with S at first, with S' from WELCOME on. */
  #sharedKey: Buffer | undefined;
  #cookie: Buffer | undefined;
  #shortTermServerKey: Buffer | undefined;

  /** @param keys with the key of the server */
  constructor(backend: CryptoBackend, random: RandomSource, keys: CurveKeys, ownMetadata: Buffer) {
    this.#backend = backend;
    this.#random = random;
    this.#keys = keys;
    this.#serverKey = keys.serverKey!;
    this.#ownMetadata = ownMetadata;
  }

  produce(): Buffer | undefined {
    switch (this.#state) {
      case 'hello':
        this.#state = 'welcome';
        return this.#hello();
      case 'initiate':
        this.#state = 'ready';
        return this.#initiate();
      default:
        return undefined;
    }
  }

  consume(command: Command): void {
    if (command.name === 'WELCOME' && this.#state === 'welcome') this.#welcome(command.data);
    else if (command.name === 'READY' && this.#state === 'ready') this.#ready(command.data);
    else throw unexpectedCommand(command, this.#state === 'welcome' ? 'WELCOME' : 'READY');
  }

  abandon(): void {
    this.#forgetShortTerm();
  }

  /** With its secret key whoever has written down the connection could read it. */
  #forgetShortTerm(): void {
    this.#shortTerm?.secretKey.fill(0);
    this.#shortTerm = undefined;
  }

  #hello(): Buffer {
    this.#shortTerm = createKeyPair(this.#backend, this.#random);
    this.#sharedKey = this.#agree(this.#serverKey, this.#shortTerm.secretKey, 'curveServerKey');
    const nonce = this.#nextNonce(prefixes.hello);
    const box = seal(this.#backend, this.#sharedKey, nonce, Buffer.alloc(HELLO_PLAIN));
    const { publicKey } = this.#shortTerm;
    return encodeCommand('HELLO', HELLO_VERSION, Buffer.alloc(HELLO_PADDING), publicKey, shortNonceOf(nonce), box);
  }

  #welcome(data: Buffer): void {
    if (data.length !== WELCOME_SIZE) throw wrongSize('WELCOME', data.length, WELCOME_SIZE);
    const nonce = nonceOf(prefixes.welcome, data.subarray(0, LONG_NONCE_SIZE));
    const plain = open(this.#backend, this.#sharedKey!, nonce, data.subarray(LONG_NONCE_SIZE));
    // It shows that the server has the secret key of S.
    if (plain === undefined) throw notAuthentic('WELCOME');
    this.#shortTermServerKey = plain.subarray(0, KEY_SIZE);
    this.#cookie = plain.subarray(KEY_SIZE);
    this.#sharedKey = this.#agree(this.#shortTermServerKey, this.#shortTerm!.secretKey, "the server's short-term key");
    this.#state = 'initiate';
  }

  #initiate(): Buffer {
    const backend = this.#backend;
    // The vouch shows that who has c' has c as well, and means this server.
    const vouchKey = this.#agree(this.#shortTermServerKey!, this.#keys.secretKey, "the server's short-term key");
    const vouchNonce = this.#random.bytes(LONG_NONCE_SIZE);
    const vouched = Buffer.concat([this.#shortTerm!.publicKey, this.#serverKey]);
    const vouch = seal(backend, vouchKey, nonceOf(prefixes.vouch, vouchNonce), vouched);
    const plain = Buffer.concat([this.#keys.shown(backend), vouchNonce, vouch, this.#ownMetadata]);
    const nonce = this.#nextNonce(prefixes.initiate);
    const box = seal(backend, this.#sharedKey!, nonce, plain);
    const cookie = this.#cookie!;
    this.#cookie = undefined;
    this.#forgetShortTerm();
    return encodeCommand('INITIATE', cookie, shortNonceOf(nonce), box);
  }

  #ready(data: Buffer): void {
    if (data.length < LEAST_READY_SIZE) throw wrongSize('READY', data.length, LEAST_READY_SIZE);
    const received = new ReceivedNonces();
    if (!received.accept(data, 0)) throw new ProtocolError('ERR_ZMTP_INVALID_SEQUENCE', 'a READY with the last nonce');
    const nonce = nonceOf(prefixes.ready, data.subarray(0, SHORT_NONCE_SIZE));
    const plain = open(this.#backend, this.#sharedKey!, nonce, data.subarray(SHORT_NONCE_SIZE));
    if (plain === undefined) throw notAuthentic('READY');
    this.peerProperties = decodeMetadata(plain);
    this.messages = new CurveMessages(this.#backend, this.#sharedKey!, false, { sent: this.#sent, received });
    this.#state = 'done';
    this.status = 'ready';
  }

  #agree(publicKey: Buffer, secretKey: Buffer, whose: string): Buffer {
    const key = this.#backend.sharedKey(publicKey, secretKey);
    if (key === undefined) throw noKey(whose);
    return key;
  }

  #nextNonce(prefix: string): Buffer {
    const nonce = Buffer.alloc(NONCE_SIZE);
    nonce.write(prefix, 'latin1');
    // The first two: there are always some left.
    this.#sent.next(nonce);
    return nonce;
  }
}

export function shortNonceOf(nonce: Buffer): Buffer {
  return nonce.subarray(NONCE_SIZE - SHORT_NONCE_SIZE);
}
