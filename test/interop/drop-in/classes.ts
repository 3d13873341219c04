import type { Socket } from 'zeromq';
import type { Zmq } from './notes.js';

/** The classes that are in the entry without drafts. */
export const classNames = [
  'Pair',
  'Publisher',
  'Subscriber',
  'Request',
  'Reply',
  'Dealer',
  'Router',
  'Pull',
  'Push',
  'XPublisher',
  'XSubscriber',
  'Stream',
] as const;

/** A socket as a JavaScript program has it: everything of it can be tried. */
export type Loose = Socket & Record<string, (...args: unknown[]) => unknown>;

export function open(zmq: Zmq, name: (typeof classNames)[number], options?: object): Loose {
  return new (zmq[name] as unknown as new (options?: object) => Loose)(options);
}
