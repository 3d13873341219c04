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
  let size = 1 + name.length;
  for (const part of data) size += part.length;
  const isLong = size > SHORT_LIMIT;
  let at = isLong ? LONG_HEADER : SHORT_HEADER;
  const frame = Buffer.allocUnsafe(at + size);
  if (isLong) {
    frame[0] = COMMAND | LONG;
    frame.writeUInt16BE(0, 1);
    frame.writeUIntBE(size, 3, 6);
  } else {
    frame[0] = COMMAND;
    frame[1] = size;
  }
  frame[at++] = name.length;
  at += frame.write(name, at, 'latin1');
  for (const part of data) {
    frame.set(part, at);
    at += part.length;
  }
  return frame;
}

/** What is behind the header of a whole command frame. */
export function commandBody(frame: Buffer): Buffer {
  return frame.subarray((frame[0]! & LONG) === 0 ? SHORT_HEADER : LONG_HEADER);
}
