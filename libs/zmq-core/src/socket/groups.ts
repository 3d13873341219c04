import { ZmqError } from '../foundation/errors.js';
import { DishPattern } from '../patterns/dish.js';
import type { SocketCore } from './socket-core.js';

/** The name of a RADIO's group: at most 255 bytes, of which a zero byte ends the name. */
export type Group = Buffer | string;

/** DISH. Throws EINVAL for a group that is joined already or too long; those before it are joined. */
export function join(core: SocketCore, groups: readonly Group[]): void {
  const pattern = dish(core);
  for (const group of groups.map(toGroup)) pattern.join(group);
}

/** Throws EINVAL for a group that is not joined; those before it are left. */
export function leave(core: SocketCore, groups: readonly Group[]): void {
  const pattern = dish(core);
  for (const group of groups.map(toGroup)) pattern.leave(group);
}

/** The name as bytes, cut at the first zero byte as libzmq does, for which it is a C string. */
export function toGroup(value: unknown): Buffer {
  if (typeof value !== 'string' && !Buffer.isBuffer(value)) throw new TypeError('Value must be a string or buffer');
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}

function dish({ pattern }: SocketCore): DishPattern {
  if (!(pattern instanceof DishPattern)) throw new ZmqError('ENOTSUP');
  return pattern;
}
