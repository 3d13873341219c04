import type { Options, Packr } from 'msgpackr';
import { loadOptional } from '../optional.package.js';
import type { ZmqCodec } from '../packet/payload.codec.js';
import { dropPollution, mayPollute } from '../packet/safe-json.js';
import { checkMessagePack } from './msgpack.guard.js';

export const MSGPACK_TYPE = 'application/msgpack';

/**
 * Plain MessagePack, as every language has it: no records, references or types of
 * msgpackr's own. 64-bit integers beyond what a number holds exactly come as a BigInt.
 */
const OPTIONS = {
  useRecords: false,
  mapsAsObjects: true,
  moreTypes: false,
  structuredClone: false,
  variableMapSize: true,
  // As JSON: a property that is undefined is not there.
  skipValues: [undefined],
  // In an array, where JSON has null.
  encodeUndefinedAsNil: true,
  int64AsType: 'auto',
};

/**
 * MessagePack, by the package `msgpackr`. Binary inside objects stays binary (a `Buffer`
 * in, a `Buffer` out), dates stay dates, BigInts of 64 bits stay BigInts.
 *
 * What comes in is checked before it is decoded: depth, lengths, extension types; keys
 * that could change a prototype are left out, as with JSON.
 *
 * @example
 * new ZmqServer({ bind: 'tcp://*:5555', codec: msgpackCodec() })
 * @throws ZmqMissingPackageError `msgpackr` is not installed
 */
export function msgpackCodec(): ZmqCodec {
  const msgpackr = loadOptional<{ Packr: new (options: Options) => Packr }>('msgpackr', 'msgpackCodec()');
  // Its types do not know all of its options yet.
  const packr = new msgpackr.Packr(OPTIONS as unknown as Options);
  return {
    contentType: MSGPACK_TYPE,
    encode: (value) => packr.pack(value),
    decode(payload) {
      checkMessagePack(payload);
      const value: unknown = packr.unpack(payload);
      if (mayPollute(payload)) dropPollution(value, '__proto_');
      return value;
    },
  };
}
