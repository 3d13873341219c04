import { doneAtOnce } from '../../socket/yielding.js';
import type { ReceivingSocket, SendingSocket } from '../capabilities.js';
import type { Dish } from '../draft-sockets.js';
import type { MessageLike } from '../message.js';
import { coreOf, type Socket as InnerSocket } from '../socket.js';
import { checkCount, checkObject } from './arguments.js';
import { attempt, rejectAsNpm } from './failure.js';
import { asBusy, assertUsable } from './usable.js';

/*
 * What only some types can. zeromq.js has these methods on all sockets, where they then
 * wait for ever; here a class has what its type can.
 */

interface Receiving {
  readonly closed: boolean;
  receive(): Promise<unknown[]>;
}

const BUSY_WRITING = 'Socket is busy writing; only one send operation may be in progress at any time';
const BUSY_READING = 'Socket is busy reading; only one receive operation may be in progress at any time';

/** What `send` takes beside the message on the types that need it: a routing id, or a group. */
interface Address {
  routingId?: number | undefined;
  group?: Buffer | string | undefined;
}

/** Every method that a type may have, by our name. */
export interface Methods {
  send(this: object, message: MessageLike | MessageLike[], ...extra: readonly unknown[]): Promise<void>;
  sendTo(this: object, message: MessageLike, address: Address, ...extra: readonly unknown[]): Promise<void>;
  receive(this: object, ...extra: readonly unknown[]): Promise<unknown[]>;
  join(this: object, ...groups: (Buffer | string)[]): void;
  leave(this: object, ...groups: (Buffer | string)[]): void;
  iterate: typeof iterate;
}

/** One of ours that takes either. */
interface AddressedSocket extends InnerSocket {
  send(message: MessageLike, address: Address): Promise<void>;
}

/** @param innerOf looked up for every message, so it must be quick */
export function createMethods(innerOf: (socket: object) => InnerSocket): Methods {
  return {
    send(message, ...extra) {
      if (message === undefined) throw new TypeError('Message must be present');
      checkCount(1, extra);
      const inner = innerOf(this) as SendingSocket;
      assertUsable(coreOf(inner));
      let sent: Promise<void>;
      try {
        sent = inner.send(message);
      } catch (error) {
        throw asBusy(error, BUSY_WRITING);
      }
      return sent === doneAtOnce ? sent : sent.catch(rejectAsNpm);
    },

    sendTo(message, address, ...extra) {
      if (message === undefined) throw new TypeError('Message must be present');
      checkObject(address, 'Options must be an object');
      checkCount(2, extra);
      const inner = innerOf(this) as AddressedSocket;
      assertUsable(coreOf(inner));
      const { routingId, group } = address;
      let sent: Promise<void>;
      try {
        sent = inner.send(message, { routingId, group });
      } catch (error) {
        throw asBusy(error, BUSY_WRITING);
      }
      return sent === doneAtOnce ? sent : sent.catch(rejectAsNpm);
    },

    receive(...extra) {
      checkCount(0, extra);
      const inner = innerOf(this) as ReceivingSocket;
      assertUsable(coreOf(inner));
      const { readable } = inner;
      let received: Promise<unknown[]>;
      try {
        received = inner.receive();
      } catch (error) {
        throw asBusy(error, BUSY_READING);
      }
      // What is there cannot fail, so it needs no second promise.
      return readable ? received : received.catch(rejectAsNpm);
    },

    join(...groups) {
      const inner = innerOf(this) as Dish;
      for (const group of groups) joinOrLeave(inner, () => inner.join(group));
    },

    leave(...groups) {
      const inner = innerOf(this) as Dish;
      for (const group of groups) joinOrLeave(inner, () => inner.leave(group));
    },

    iterate,
  };
}

function joinOrLeave(inner: Dish, operation: () => void): void {
  assertUsable(coreOf(inner));
  attempt(operation);
}

/** Without a `value`, as in zeromq.js. */
const END = { done: true } as IteratorReturnResult<undefined>;

/** Ends when the socket is closed. Any other error, a timeout too, is thrown. Also for events. */
export function iterate(this: Receiving): AsyncIterator<unknown[], undefined> {
  return {
    next: async () => {
      if (this.closed) return END;
      try {
        return { done: false, value: await this.receive() };
      } catch (error) {
        if (this.closed && (error as { code?: unknown }).code === 'EAGAIN') return END;
        throw error;
      }
    },
  };
}
