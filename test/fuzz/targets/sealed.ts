import { Batch } from '../../../libs/zmq-core/src/connection/batch.js';
import type { Connection } from '../../../libs/zmq-core/src/connection/connection.js';
import { createConnection } from '../../../libs/zmq-core/src/connection/connection-table.js';
import type { SocketTypeName } from '../../../libs/zmq-core/src/foundation/socket-type.js';
import { Admission } from '../../../libs/zmq-core/src/mechanism/admission.js';
import { CurveClient } from '../../../libs/zmq-core/src/mechanism/curve/curve-client.js';
import { CurveKeys } from '../../../libs/zmq-core/src/mechanism/curve/curve-keys.js';
import { type CurveMessages, MESSAGE_OVERHEAD } from '../../../libs/zmq-core/src/mechanism/curve/curve-messages.js';
import { CurveServer } from '../../../libs/zmq-core/src/mechanism/curve/curve-server.js';
import { noSecurity } from '../../../libs/zmq-core/src/mechanism/security-options.js';
import { encodeOwnMetadata } from '../../../libs/zmq-core/src/mechanism/peer-metadata.js';
import { decodeCommand } from '../../../libs/zmq-core/src/wire/command.js';
import { encodeGreeting, GREETING_SIZE } from '../../../libs/zmq-core/src/wire/greeting.js';
import type { Session } from '../mutator.js';
import { type Chance, hold, type Target } from '../target.js';
import { allowAllocations } from './allocations.js';
import { limits } from './connection-target.js';
import { type FixedKeys, fixedKeys, FixedRandom, optionsOf, type Role, surroundings } from './secured-sides.js';
import { WatchfulSink } from './watchful-sink.js';

/** A frame of some kind around a body. */
function framed(body: Buffer, flags: number): Buffer {
  if (body.length <= 255) return Buffer.concat([Buffer.of(flags, body.length), body]);
  const header = Buffer.alloc(9);
  header[0] = flags | 2;
  header.writeUIntBE(body.length, 3, 6);
  return Buffer.concat([header, body]);
}

/** The body of the frame that `bytes` begins with. */
function unframed(bytes: Buffer): Buffer {
  const isLong = (bytes[0]! & 2) !== 0;
  const start = isLong ? 9 : 2;
  return bytes.subarray(start, start + (isLong ? bytes.readUIntBE(3, 6) : bytes[1]!));
}

/**
 * A CURVE peer who has the keys, and means harm: what is in its boxes is what it likes. The
 * first piece of an input are its properties (of INITIATE, or of READY), each further one
 * the flags and the payload of a MESSAGE.
 */
class SealedTarget implements Target {
  readonly name: string;
  readonly takesFrames = true;
  readonly corpus: readonly Session[];
  readonly #keys: FixedKeys;
  readonly #role: Role;
  readonly #type: SocketTypeName;
  readonly #batch = new Batch();

  /** @param role of our side, as `type` is; the peer has the other */
  constructor(keys: FixedKeys, role: Role, type: SocketTypeName, corpus: readonly Session[]) {
    this.name = `sealed ${role} ${type}`;
    this.#keys = keys;
    this.#role = role;
    this.#type = type;
    this.corpus = corpus;
  }

  run(pieces: readonly Buffer[], chance: Chance): void {
    const bytes = pieces.reduce((sum, { length }) => sum + length, 0);
    // With the boxes, and what the handshake needs.
    allowAllocations(bytes + 64 * 1024, () => this.#converse(pieces, chance));
  }

  #converse([properties, ...frames]: readonly Buffer[], chance: Chance): void {
    const connection = this.#ourSide();
    const sink = new WatchfulSink(this.#type, limits, 'nobody');
    const tell = (wire: Buffer): void => {
      if (sink.failure !== undefined) return;
      sink.received += wire.length;
      connection.receive(wire, 0);
      while (connection.drain(sink) && sink.failure === undefined);
    };
    connection.start(0);
    // The box of READY is never empty here: a production server's is not.
    const metadata = properties === undefined || properties.length === 0 ? Buffer.alloc(1) : properties;
    const messages =
      this.#role === 'server'
        ? this.#clientsHandshake(connection, tell, metadata)
        : this.#serversHandshake(connection, tell, metadata);
    for (const frame of frames) {
      if (frame.length === 0 || sink.failure !== undefined) continue;
      const body = Buffer.alloc(MESSAGE_OVERHEAD + frame.length - 1);
      // `undefined` for a peer that was refused.
      messages!.seal(frame[0]!, frame.subarray(1), body, 0);
      tell(framed(body, chance.chance(0.5) ? 4 : 0));
    }
    this.#output(connection);
    connection.abandon();
    hold(sink.isReady || sink.failure !== undefined, 'neither let in nor refused');
  }

  #clientsHandshake(connection: Connection, tell: (wire: Buffer) => void, metadata: Buffer): CurveMessages | undefined {
    const { backend, client, server } = this.#keys;
    const keys = new CurveKeys(client.secretKey, undefined, server.publicKey);
    const peer = new CurveClient(backend, new FixedRandom(4), keys, metadata);
    tell(encodeGreeting('CURVE', false));
    tell(peer.produce()!);
    peer.consume(decodeCommand(unframed(this.#output(connection).subarray(GREETING_SIZE))));
    tell(peer.produce()!);
    const said = this.#output(connection);
    // Nothing, or ERROR, for one that was refused.
    const answer = said.length === 0 ? undefined : decodeCommand(unframed(said));
    if (answer?.name === 'READY') peer.consume(answer);
    return peer.messages;
  }

  #serversHandshake(connection: Connection, tell: (wire: Buffer) => void, metadata: Buffer): CurveMessages | undefined {
    const { backend, server } = this.#keys;
    const keys = new CurveKeys(server.secretKey, undefined, undefined);
    const peer = new CurveServer(backend, new FixedRandom(3), keys, openDoor(), metadata);
    tell(encodeGreeting('CURVE', true));
    peer.consume(decodeCommand(unframed(this.#output(connection).subarray(GREETING_SIZE))));
    tell(peer.produce()!);
    peer.consume(decodeCommand(unframed(this.#output(connection))));
    tell(peer.produce()!);
    return peer.messages;
  }

  #ourSide(): Connection {
    const { backend, server, client } = this.#keys;
    const isServer = this.#role === 'server';
    const keys = isServer
      ? new CurveKeys(server.secretKey, undefined, undefined)
      : new CurveKeys(client.secretKey, undefined, server.publicKey);
    const security = { ...noSecurity, mechanism: 'CURVE', asServer: isServer, keys } as const;
    return createConnection(
      optionsOf(this.#type, security, 0),
      '10.0.0.1:5',
      surroundings(backend, isServer ? 3 : 4, undefined),
    );
  }

  #output(connection: Connection): Buffer {
    this.#batch.begin();
    connection.takeOutput(this.#batch);
    return Buffer.concat(this.#batch.finish());
  }
}

/** Lets everybody in. */
function openDoor(): Admission {
  const guard = {
    authenticator: undefined,
    domain: '',
    enforceDomain: false,
    address: '',
    routingId: Buffer.alloc(0),
    wake() {},
  };
  return new Admission(guard, 'CURVE');
}

function metadataOf(socketType: SocketTypeName): Buffer {
  return encodeOwnMetadata({ socketType, routingId: Buffer.from('me'), properties: { 'X-a': 'b', 'user-ID': 'root' } });
}

/** What a peer of a type may say: its properties, then the insides of its boxes. */
function session(type: SocketTypeName, ...boxes: readonly string[]): Session {
  return [metadataOf(type), ...boxes.map((box) => Buffer.from(box, 'latin1'))];
}

const talk = ['\0x', '\0', '\x01a', '\x01', '\0b', `\0${'y'.repeat(300)}`];
const commands = ['\x02\x04PING\0\0context', '\x02\x04PONG', '\x02\x05READY', '\0x'];
const subscriptions = [
  '\x02\x09SUBSCRIBEA',
  '\0\x01topic',
  '\x02\x06CANCELA',
  '\0\0topic',
  '\0data',
  '\x02\x06CANCELnever',
];

const corpora: readonly (readonly [Role, SocketTypeName, readonly Session[]])[] = [
  ['server', 'ROUTER', [session('DEALER', ...talk), session('DEALER', ...commands), session('REQ', '\x01', ...talk), session('REQ', ...subscriptions, '\x03\x05ERROR\x02no')]],
  ['server', 'PUB', [session('SUB', ...subscriptions), session('XSUB', ...subscriptions, ...commands), session('SUB', ...talk)]],
  ['client', 'DEALER', [session('ROUTER', ...talk), session('ROUTER', ...commands), session('REP', '\x01', ...talk), session('DEALER', ...subscriptions, '\x03\x05ERROR\x02no')]],
  ['client', 'SUB', [session('PUB', ...talk), session('XPUB', ...commands, ...talk), session('PUB', ...subscriptions)]],
]; // prettier-ignore

export async function sealedTargets(): Promise<Target[]> {
  const keys = await fixedKeys();
  return corpora.map(([role, type, corpus]) => new SealedTarget(keys, role, type, corpus));
}
