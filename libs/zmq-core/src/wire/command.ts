import { ProtocolError } from '../foundation/errors.js';
import { COMMAND, LONG, LONG_HEADER, SHORT_HEADER, SHORT_LIMIT } from './frame.js';

/** A command's name and what follows it (37/ZMTP "Commands"). */
export interface Command {
  readonly name: string;
  readonly data: Buffer;
}

/** Splits a command body. Throws if the name is longer than the body; an empty body has the empty name. */
export function decodeCommand(body: Buffer): Command {
  if (body.length === 0) return { name: '', data: body };
  const nameEnd = 1 + body[0]!;
  if (nameEnd > body.length) {
    throw new ProtocolError(
      'ERR_ZMTP_MALFORMED_COMMAND_UNSPECIFIED',
      `a command of ${body.length} bytes has a name of ${body[0]} bytes`,
    );
  }
  return { name: body.toString('latin1', 1, nameEnd), data: body.subarray(nameEnd) };
}

/** A whole command frame, header included. */
export function encodeCommand(name: string, ...data: readonly Buffer[]): Buffer {
  const nameBytes = Buffer.from(name, 'latin1');
  let size = 1 + nameBytes.length;
  for (const part of data) size += part.length;
  const header = size > SHORT_LIMIT ? Buffer.alloc(9) : Buffer.alloc(2);
  if (size > SHORT_LIMIT) {
    header[0] = COMMAND | LONG;
    header.writeUIntBE(size, 3, 6);
  } else {
    header[0] = COMMAND;
    header[1] = size;
  }
  return Buffer.concat([header, Buffer.from([nameBytes.length]), nameBytes, ...data]);
}

/** What is behind the header of a whole command frame. */
export function commandBody(frame: Buffer): Buffer {
  return frame.subarray((frame[0]! & LONG) === 0 ? SHORT_HEADER : LONG_HEADER);
}
