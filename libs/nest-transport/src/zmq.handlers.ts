import type { MessageHandler } from '@nestjs/microservices';
import { TopicMatcher } from './channels/topic.matcher.js';
import { assertUsableName } from './packet/names.js';

/** Longer names are never looked up by their normalised form: that would cost the sender nothing and us a parse. */
const MAX_ROUTE_LENGTH = 4_096;

/**
 * The handlers of a server, calls and events apart: a call reaches only message
 * handlers, an event only event handlers, even under the same pattern.
 */
export class HandlerBook {
  readonly #calls = new Map<string, MessageHandler>();
  readonly #events = new TopicMatcher<MessageHandler>();

  get calls(): number {
    return this.#calls.size;
  }

  get events(): number {
    return this.#events.size;
  }

  /** @throws ZmqPatternError a pattern that is empty or reserved */
  add(name: unknown, handler: MessageHandler, isEvent: boolean): void {
    assertUsableName(name);
    if (!isEvent) {
      this.#calls.set(name, handler);
      return;
    }
    // Nest's event handlers call their `next` themselves.
    const tail = tailOf(this.#events.get(name)[0]);
    if (tail === undefined) this.#events.add(name, handler);
    else tail.next = handler;
  }

  /**
   * The handler of a call. The exact name first: most names are no JSON, and finding
   * that out by parsing would cost more than the whole look-up.
   * @param normalise gives the normal form of a JSON pattern
   */
  call(name: string, normalise: (name: string) => string): MessageHandler | undefined {
    const exact = this.#calls.get(name);
    if (exact !== undefined || !name.startsWith('{') || name.length > MAX_ROUTE_LENGTH) return exact;
    // An object pattern of a foreign client, its keys in another order.
    return this.#calls.get(normalise(name));
  }

  /** All handlers of an event; each may chain further ones of the same pattern. */
  event(name: string): readonly MessageHandler[] {
    return this.#events.match(name);
  }

  /** What a SUB must subscribe to. */
  eventPrefixes(): string[] {
    return this.#events.prefixes();
  }
}

function tailOf(handler: MessageHandler | undefined): MessageHandler | undefined {
  let tail = handler;
  while (tail?.next !== undefined) tail = tail.next as MessageHandler;
  return tail;
}
