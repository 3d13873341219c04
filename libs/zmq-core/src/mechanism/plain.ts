import { ProtocolError } from '../foundation/errors.js';
import { type Command, decodeCommand, encodeCommand } from '../wire/command.js';
import { decodeMetadata, type Properties } from '../wire/metadata.js';
import type { Admission, Admitted } from './admission.js';
import type { Mechanism } from './mechanism.js';

/*
 * PLAIN (24/ZMTP-PLAIN): a name and a password, in clear.
 *
 *   client                          server
 *   HELLO name password  ─────────▶ asks its authenticator
 *                        ◀───────── WELCOME, or ERROR
 *   INITIATE metadata    ─────────▶
 *                        ◀───────── READY metadata
 */

/** A name and a password have at most so many octets each: their length is one. */
const LONGEST = 255;
/** libzmq's source says "\x05ERROR", and its compiler reads "\x5E" and "RROR": that is what its PLAIN servers send. */
const MISPRINTED_ERROR = Buffer.from('^RROR', 'latin1');

export interface PlainCredentials {
  readonly username: string;
  readonly password: string;
}

export class PlainClient implements Mechanism {
  readonly name = 'PLAIN';
  readonly asServer = false;
  status: 'handshaking' | 'ready' = 'handshaking';
  peerProperties: Properties = new Map();
  #state: 'hello' | 'welcome' | 'initiate' | 'ready' = 'hello';
  readonly #credentials: PlainCredentials;
  readonly #ownMetadata: Buffer;

  constructor(credentials: PlainCredentials, ownMetadata: Buffer) {
    this.#credentials = credentials;
    this.#ownMetadata = ownMetadata;
  }

  produce(): Buffer | undefined {
    switch (this.#state) {
      case 'hello': {
        this.#state = 'welcome';
        const { username, password } = this.#credentials;
        return encodeCommand('HELLO', shortText(username), shortText(password));
      }
      case 'initiate':
        this.#state = 'ready';
        return encodeCommand('INITIATE', this.#ownMetadata);
      default:
        return undefined;
    }
  }

  consume(command: Command): void {
    if (command.name === 'WELCOME' && this.#state === 'welcome') {
      if (command.data.length > 0)
        throw new ProtocolError('ERR_ZMTP_MALFORMED_COMMAND_WELCOME', 'a WELCOME of PLAIN with something in it');
      this.#state = 'initiate';
    } else if (command.name === 'READY' && this.#state === 'ready') {
      this.peerProperties = decodeMetadata(command.data);
      this.status = 'ready';
    } else throw unexpected(command, this.#state === 'welcome' ? 'WELCOME' : 'READY');
  }

  /** Takes libzmq's misprint of ERROR as what was meant. */
  readCommand(body: Buffer): Command {
    const { length } = MISPRINTED_ERROR;
    if (body.length > length && body.subarray(0, length).equals(MISPRINTED_ERROR))
      return { name: 'ERROR', data: body.subarray(length) };
    return decodeCommand(body);
  }

  abandon(): void {}
}

export class PlainServer implements Mechanism {
  readonly name = 'PLAIN';
  readonly asServer = true;
  peerProperties: Properties = new Map();
  #state: 'hello' | 'asking' | 'initiate' | 'ready' | 'done' = 'hello';
  readonly #admission: Admission;
  readonly #ownMetadata: Buffer;

  constructor(admission: Admission, ownMetadata: Buffer) {
    this.#admission = admission;
    this.#ownMetadata = ownMetadata;
  }

  get status(): 'handshaking' | 'waiting' | 'ready' {
    if (this.#state === 'ready' || this.#state === 'done') return 'ready';
    return this.#admission.isPending ? 'waiting' : 'handshaking';
  }

  get admitted(): Admitted | undefined {
    return this.#admission.admitted;
  }

  produce(): Buffer | undefined {
    switch (this.#state) {
      case 'asking':
        if (this.#admission.isPending) return undefined;
        this.#admission.check();
        this.#state = 'initiate';
        return encodeCommand('WELCOME');
      case 'ready':
        this.#state = 'done';
        return encodeCommand('READY', this.#ownMetadata);
      default:
        return undefined;
    }
  }

  consume(command: Command): void {
    if (command.name === 'HELLO' && this.#state === 'hello') {
      const [username, password] = readHello(command.data);
      this.#state = 'asking';
      this.#admission.ask(username, password);
    } else if (command.name === 'INITIATE' && this.#state === 'initiate') {
      this.peerProperties = decodeMetadata(command.data);
      this.#state = 'ready';
    } else throw unexpected(command, this.#state === 'hello' ? 'HELLO' : 'INITIATE');
  }

  abandon(): void {
    this.#admission.abandon();
  }
}

function shortText(text: string): Buffer {
  const bytes = Buffer.from(text).subarray(0, LONGEST);
  return Buffer.concat([Buffer.of(bytes.length), bytes]);
}

/** Name and password, as memory of their own: the authenticator may keep them. */
function readHello(data: Buffer): [Buffer, Buffer] {
  const [username, passwordAt] = readShort(data, 0, 'name');
  const [password, end] = readShort(data, passwordAt, 'password');
  if (end < data.length) throw malformedHello(`${data.length - end} bytes behind the password`);
  return [username, password];
}

function readShort(data: Buffer, at: number, what: string): [Buffer, number] {
  const length = data[at];
  if (length === undefined) throw malformedHello(`no ${what}`);
  const end = at + 1 + length;
  if (end > data.length) throw malformedHello(`a ${what} that is cut`);
  return [Buffer.from(data.subarray(at + 1, end)), end];
}

function malformedHello(what: string): ProtocolError {
  return new ProtocolError('ERR_ZMTP_MALFORMED_COMMAND_HELLO', `a HELLO of PLAIN with ${what}`);
}

function unexpected({ name }: Command, wanted: string): ProtocolError {
  return new ProtocolError(
    'ERR_ZMTP_UNEXPECTED_COMMAND',
    `the command ${JSON.stringify(name)} came in place of ${wanted}`,
  );
}
