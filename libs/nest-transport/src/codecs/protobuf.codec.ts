import type * as protobuf from 'protobufjs';
import { TopicMatcher } from '../channels/topic.matcher.js';
import { loadOptional } from '../optional.package.js';
import type { ZmqCodec, ZmqPayloadUse } from '../packet/payload.codec.js';
import { dropPollution, mayPollute } from '../packet/safe-json.js';
import { ZmqCodecError, ZmqOptionsError } from '../zmq.errors.js';
import { anObject, checkOptions, type OptionCheck, type OptionChecks } from '../zmq.options.check.js';

export const PROTOBUF_TYPE = 'application/x-protobuf';

/** The messages of one pattern, topic or task. */
export interface ZmqProtobufTypes {
  /** The full name of the message that the data is. */
  request?: string | undefined;
  /** The full name of the message that each value of the answer is. */
  reply?: string | undefined;
}

export interface ZmqProtobufOptions {
  /** One or more `.proto` (or `.json`) files, a JSON descriptor, or a `Root` of protobufjs. */
  root: string | readonly string[] | protobuf.INamespace | protobuf.Root;
  /**
   * The messages by normalised pattern: `sum`, or `{"cmd":"sum"}` for an object pattern; events also by wildcard. A
   * text alone is the request. What is not listed goes as JSON.
   */
  types: Readonly<Record<string, string | ZmqProtobufTypes>>;
  /**
   * How decoded messages become objects (protobufjs' `IConversionOptions`). Default: 64-bit integers and enums as
   * strings, bytes as `Buffer`, absent fields with their defaults.
   */
  conversion?: protobuf.IConversionOptions | undefined;
}

interface Messages {
  readonly request: protobuf.Type | undefined;
  readonly reply: protobuf.Type | undefined;
}

const NONE: Messages = { request: undefined, reply: undefined };

const aRoot: OptionCheck = (key, value) => {
  const isText = typeof value === 'string' || (Array.isArray(value) && value.every((file) => typeof file === 'string'));
  if (!isText && (typeof value !== 'object' || value === null)) {
    throw new ZmqOptionsError(key, 'must be a file, a list of files, a JSON descriptor or a Root of protobufjs');
  }
};

const checks: OptionChecks<ZmqProtobufOptions> = { root: aRoot, types: anObject, conversion: anObject };
const aName: OptionCheck = (key, value) => {
  if (typeof value !== 'string' || value === '') throw new ZmqOptionsError(key, "must be a message's full name");
};
const typeChecks: OptionChecks<ZmqProtobufTypes> = { request: aName, reply: aName };

/**
 * Protocol Buffers, by the package `protobufjs`: each pattern has its messages. Values
 * are plain objects on both sides. Fields that a side does not know are ignored, as
 * ever with Protocol Buffers.
 *
 * @example
 * protobufCodec({ root: 'shop.proto', types: { price: { request: 'shop.Cart', reply: 'shop.Price' } } })
 * @throws ZmqMissingPackageError `protobufjs` is not installed
 * @throws ZmqOptionsError a wrong option, a file that cannot be read, a message that is not in it
 */
export function protobufCodec(options: ZmqProtobufOptions): ZmqCodec {
  checkOptions<ZmqProtobufOptions>(options, checks);
  const library = loadOptional<typeof protobuf>('protobufjs', 'protobufCodec()');
  const messages = messagesOf(options.types, rootOf(options.root, library));
  const conversion = { longs: String, enums: String, defaults: true, ...options.conversion };
  const find = (name: string, use: ZmqPayloadUse): protobuf.Type | undefined => (messages.match(name)[0] ?? NONE)[use];
  return {
    contentType: PROTOBUF_TYPE,
    handles: (name, use) => find(name, use) !== undefined,
    encode(value, name, use) {
      const type = find(name, use);
      if (type === undefined) throw noType(name, use);
      if (typeof value !== 'object' || value === null) {
        throw new ZmqCodecError(
          `The ${use} of '${name}' must be an object of ${type.fullName}`,
          undefined,
          PROTOBUF_TYPE,
        );
      }
      return asBuffer(type.encode(type.fromObject(value as Record<string, unknown>)).finish());
    },
    decode(payload, name, use) {
      const type = find(name, use);
      if (type === undefined) throw noType(name, use);
      const value: unknown = type.toObject(type.decode(payload), conversion);
      if (mayPollute(payload)) dropPollution(value);
      return value;
    },
  };
}

function rootOf(root: ZmqProtobufOptions['root'], library: typeof protobuf): protobuf.Root {
  if (isRoot(root)) return root;
  try {
    if (typeof root === 'string' || isList(root)) return library.loadSync(typeof root === 'string' ? root : [...root]);
    return library.Root.fromJSON(root);
  } catch (cause) {
    throw new ZmqOptionsError('root', `cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

function messagesOf(types: ZmqProtobufOptions['types'], root: protobuf.Root): TopicMatcher<Messages> {
  const found = new TopicMatcher<Messages>();
  for (const [name, entry] of Object.entries(types)) {
    const key = `types['${name}']`;
    const { request, reply } = namesOf(key, entry);
    found.add(name, {
      request: lookUp(root, `${key}.request`, request),
      reply: lookUp(root, `${key}.reply`, reply),
    });
  }
  return found;
}

function namesOf(key: string, entry: unknown): ZmqProtobufTypes {
  if (typeof entry === 'string') return { request: entry };
  checkOptions<ZmqProtobufTypes>(entry, typeChecks, `${key}.`);
  return entry;
}

function lookUp(root: protobuf.Root, key: string, name: string | undefined): protobuf.Type | undefined {
  if (name === undefined) return undefined;
  try {
    return root.lookupType(name);
  } catch {
    throw new ZmqOptionsError(key, `names the message '${name}', which 'root' does not have`);
  }
}

function noType(name: string, use: ZmqPayloadUse): ZmqCodecError {
  return new ZmqCodecError(`No message type for the ${use} of '${name}' here`, undefined, PROTOBUF_TYPE);
}

function isRoot(root: ZmqProtobufOptions['root']): root is protobuf.Root {
  return typeof root === 'object' && 'lookupType' in root && typeof root.lookupType === 'function';
}

function isList(root: string | readonly string[] | protobuf.INamespace): root is readonly string[] {
  return Array.isArray(root);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
