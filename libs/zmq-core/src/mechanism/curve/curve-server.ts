import { ProtocolError } from '../../foundation/errors.js';
import type { RandomSource } from '../../foundation/random.js';
import { type Command, encodeCommand } from '../../wire/command.js';
import { decodeMetadata, type Properties } from '../../wire/metadata.js';
import type { Admission, Admitted } from '../admission.js';
import { type CryptoBackend, KEY_SIZE, NONCE_SIZE, TAG_SIZE } from '../crypto-backend.js';
import type { Mechanism } from '../mechanism.js';
import { createKeyPair, open, seal } from './curve-box.js';
import { HELLO_PADDING, HELLO_PLAIN, HELLO_VERSION, shortNonceOf } from './curve-client.js';
import { COOKIE_SIZE, CurveCookie } from './curve-cookie.js';
import { malformedCommand, noKey, notAuthentic, unexpectedCommand, wrongSize } from './curve-errors.js';
import type { CurveKeys } from './curve-keys.js';
import { CurveMessages } from './curve-messages.js';
import { LONG_NONCE_SIZE, nonceOf, prefixes, ReceivedNonces, SentNonces, SHORT_NONCE_SIZE } from './curve-nonce.js';

// Where things are in the data behind a command's name.
const HELLO_KEY_AT = HELLO_VERSION.length + HELLO_PADDING;
const HELLO_NONCE_AT = HELLO_KEY_AT + KEY_SIZE;
const HELLO_BOX_AT = HELLO_NONCE_AT + SHORT_NONCE_SIZE;
const HELLO_SIZE = HELLO_BOX_AT + TAG_SIZE + HELLO_PLAIN;
const INITIATE_BOX_AT = COOKIE_SIZE + SHORT_NONCE_SIZE;
// … and in the box of INITIATE.
const VOUCH_NONCE_AT = KEY_SIZE;
const VOUCH_AT = VOUCH_NONCE_AT + LONG_NONCE_SIZE;
const METADATA_AT = VOUCH_AT + TAG_SIZE + 2 * KEY_SIZE;
const LEAST_INITIATE_SIZE = INITIATE_BOX_AT + TAG_SIZE + METADATA_AT;

/**
 * The server's side of CURVE (25/ZMTP-CURVE, 26/CURVEZMQ); in the names of the RFC: S and
 * s, S' and s' are ours, C and C' the client's.
 *
 * A HELLO that does not come from somebody who knows S costs one key agreement, and
 * nothing of it is remembered; after WELCOME all that is kept is the key of the cookie.
 */
export class CurveServer implements Mechanism {
  readonly name = 'CURVE';
  readonly asServer = true;
  peerProperties: Properties = new Map();
  messages: CurveMessages | undefined;

  #state: 'hello' | 'initiate' | 'asking' | 'done' = 'hello';
  readonly #backend: CryptoBackend;
  readonly #random: RandomSource;
  readonly #keys: CurveKeys;
  readonly #admission: Admission;
  readonly #ownMetadata: Buffer;
  readonly #cookie = new CurveCookie();
  readonly #sent = new SentNonces();
  readonly #received = new ReceivedNonces();
  #welcome: Buffer | undefined;
  #sharedKey: Buffer | undefined;

  constructor(
    backend: CryptoBackend,
    random: RandomSource,
    keys: CurveKeys,
    admission: Admission,
    ownMetadata: Buffer,
  ) {
    this.#backend = backend;
    this.#random = random;
    this.#keys = keys;
    this.#admission = admission;
    this.#ownMetadata = ownMetadata;
  }

  get status(): 'handshaking' | 'waiting' | 'ready' {
    const admission = this.#admission;
    // Before READY is produced: the peer's properties are looked at first.
    if (this.#state === 'done' || (this.#state === 'asking' && admission.isAdmitted)) return 'ready';
    return admission.isPending ? 'waiting' : 'handshaking';
  }

  get admitted(): Admitted | undefined {
    return this.#admission.admitted;
  }

  produce(): Buffer | undefined {
    switch (this.#state) {
      case 'initiate': {
        const welcome = this.#welcome;
        this.#welcome = undefined;
        return welcome;
      }
      case 'asking':
        if (this.#admission.isPending) return undefined;
        this.#admission.check();
        this.#state = 'done';
        return this.#ready();
      default:
        return undefined;
    }
  }

  consume(command: Command): void {
    if (command.name === 'HELLO' && this.#state === 'hello') this.#hello(command.data);
    else if (command.name === 'INITIATE' && this.#state === 'initiate') this.#initiate(command.data);
    else throw unexpectedCommand(command, this.#state === 'hello' ? 'HELLO' : 'INITIATE');
  }

  abandon(): void {
    this.#admission.abandon();
  }

  #hello(data: Buffer): void {
    if (data.length !== HELLO_SIZE) throw wrongSize('HELLO', data.length, HELLO_SIZE);
    if (!data.subarray(0, HELLO_VERSION.length).equals(HELLO_VERSION))
      throw malformedCommand('HELLO', `version ${data[0]}.${data[1]}, not 1.0`);
    if (!isZero(data.subarray(HELLO_VERSION.length, HELLO_KEY_AT)))
      throw malformedCommand('HELLO', 'padding that is not zero');
    const clientKey = Buffer.from(data.subarray(HELLO_KEY_AT, HELLO_NONCE_AT));
    const sharedKey = this.#backend.sharedKey(clientKey, this.#keys.secretKey);
    if (sharedKey === undefined) throw noKey("the client's short-term key");
    this.#acceptNonce(data, HELLO_NONCE_AT, 'HELLO');
    const nonce = nonceOf(prefixes.hello, data.subarray(HELLO_NONCE_AT, HELLO_BOX_AT));
    // Who can make this box knows S: only he is worth what follows.
    const plain = open(this.#backend, sharedKey, nonce, data.subarray(HELLO_BOX_AT));
    if (plain === undefined) throw notAuthentic('HELLO');
    if (!isZero(plain)) throw malformedCommand('HELLO', 'something else than zeros in its box');
    this.#welcome = this.#makeWelcome(clientKey, sharedKey);
    this.#state = 'initiate';
  }

  /** With what is forgotten at once: the cookie brings it back. */
  #makeWelcome(clientKey: Buffer, sharedKey: Buffer): Buffer {
    const { publicKey, secretKey } = createKeyPair(this.#backend, this.#random);
    const cookie = this.#cookie.make(this.#backend, this.#random, { clientKey, secretKey });
    secretKey.fill(0);
    const nonce = this.#random.bytes(LONG_NONCE_SIZE);
    const plain = Buffer.concat([publicKey, cookie]);
    return encodeCommand('WELCOME', nonce, seal(this.#backend, sharedKey, nonceOf(prefixes.welcome, nonce), plain));
  }

  #initiate(data: Buffer): void {
    if (data.length < LEAST_INITIATE_SIZE) throw wrongSize('INITIATE', data.length, LEAST_INITIATE_SIZE);
    const backend = this.#backend;
    const content = this.#cookie.open(backend, data.subarray(0, COOKIE_SIZE));
    if (content === undefined) throw notAuthentic('cookie');
    this.#acceptNonce(data, COOKIE_SIZE, 'INITIATE');
    // C' was good for one agreement, so it is for this.
    this.#sharedKey = backend.sharedKey(content.clientKey, content.secretKey)!;
    const nonce = nonceOf(prefixes.initiate, data.subarray(COOKIE_SIZE, INITIATE_BOX_AT));
    const plain = open(backend, this.#sharedKey, nonce, data.subarray(INITIATE_BOX_AT));
    if (plain === undefined) throw notAuthentic('INITIATE');
    const client = plain.subarray(0, KEY_SIZE);
    this.#checkVouch(client, plain.subarray(VOUCH_NONCE_AT, METADATA_AT), content.clientKey, content.secretKey);
    content.secretKey.fill(0);
    this.peerProperties = decodeMetadata(plain.subarray(METADATA_AT));
    this.#state = 'asking';
    // A key of its own: the authenticator may keep it.
    this.#admission.ask(Buffer.from(client));
  }

  /** Shows that who has c' has c too, and that he meant this server and this connection (libzmq does not look at S). */
  #checkVouch(client: Buffer, nonceAndBox: Buffer, clientKey: Buffer, secretKey: Buffer): void {
    const key = this.#backend.sharedKey(client, secretKey);
    if (key === undefined) throw noKey("the client's key");
    const nonce = nonceOf(prefixes.vouch, nonceAndBox.subarray(0, LONG_NONCE_SIZE));
    const vouched = open(this.#backend, key, nonce, nonceAndBox.subarray(LONG_NONCE_SIZE));
    if (vouched === undefined) throw notAuthentic('vouch');
    if (!vouched.subarray(0, KEY_SIZE).equals(clientKey))
      throw new ProtocolError('ERR_ZMTP_KEY_EXCHANGE', 'a vouch for another short-term key than that of HELLO');
    if (!vouched.subarray(KEY_SIZE).equals(this.#keys.derived(this.#backend)))
      throw new ProtocolError('ERR_ZMTP_KEY_EXCHANGE', 'a vouch that was made for another server');
  }

  #ready(): Buffer {
    const nonce = Buffer.alloc(NONCE_SIZE);
    nonce.write(prefixes.ready, 'latin1');
    // The first: there are always some left.
    this.#sent.next(nonce);
    const key = this.#sharedKey!;
    this.messages = new CurveMessages(this.#backend, key, true, { sent: this.#sent, received: this.#received });
    return encodeCommand('READY', shortNonceOf(nonce), seal(this.#backend, key, nonce, this.#ownMetadata));
  }

  #acceptNonce(data: Buffer, at: number, name: 'HELLO' | 'INITIATE'): void {
    if (this.#received.accept(data, at)) return;
    throw new ProtocolError('ERR_ZMTP_INVALID_SEQUENCE', `the nonce of ${name} does not go on from the last`);
  }
}

function isZero(bytes: Buffer): boolean {
  return bytes.every((octet) => octet === 0);
}
