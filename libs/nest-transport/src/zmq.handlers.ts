import type { MessageHandler } from '@nestjs/microservices';
import { isWildcard, TopicMatcher } from './channels/topic.matcher.js';
import { EventHandler } from './inflight/event.handler.js';
import { assertUsableName } from './packet/names.js';

/** Longer names are never looked up by their normalised form: that would cost the sender nothing and us a parse. */
const MAX_ROUTE_LENGTH = 4_096;

/**
 * The handlers of a server, calls and events apart: a call reaches only message
 * handlers, an event only event handlers, even under the same pattern.
 */
export class HandlerBook {
  readonly #calls = new Map<string, MessageHandler>();
  /** Those of `#calls` whose pattern has a wildcard. */
  readonly #wildcardCalls = new TopicMatcher<MessageHandler>();
  readonly #events = new TopicMatcher<EventHandler>();
  readonly #patterns = new WeakMap<MessageHandler, string>();

  get calls(): number {
    return this.#calls.size;
  }

  get events(): number {
    return this.#events.size;
  }

  /**
   * @throws ZmqPatternError a pattern that is empty or reserved
   * @throws ZmqOptionsError a wrong option of an event handler
   */
  add(name: unknown, handler: MessageHandler, isEvent: boolean): void {
    assertUsableName(name);
    this.#patterns.set(handler, name);
    if (isEvent) {
      this.#events.add(name, new EventHandler(name, handler));
      return;
    }
    this.#calls.set(name, handler);
    if (isWildcard(name)) this.#wildcardCalls.set(name, handler);
  }

  /**
   * The one handler of a call. The exact name first: most names are no JSON, and finding
   * that out by parsing would cost more than the whole look-up. Of wildcards the first that
   * was added.
   * @param normalise gives the normal form of a JSON pattern
   */
  call(name: string, normalise: (name: string) => string): MessageHandler | undefined {
    const exact = this.#calls.get(name);
    if (exact !== undefined) return exact;
    // An object pattern of a foreign client, its keys in another order.
    if (name.startsWith('{')) return name.length > MAX_ROUTE_LENGTH ? undefined : this.#calls.get(normalise(name));
    return this.#wildcardCalls.size === 0 ? undefined : this.#wildcardCalls.match(name)[0];
  }

  /** All handlers of an event, each once for every pattern of it that matches. */
  event(name: string): readonly EventHandler[] {
    return this.#events.match(name);
  }

  /** For a new `listen()`: what still runs of an earlier one counts no more. */
  startOver(): void {
    this.#events.replaceAll((handler) => handler.afresh());
  }

  /** The pattern that a handler was registered with: of few values, unlike the names that peers send. */
  patternOf(handler: MessageHandler): string {
    return this.#patterns.get(handler) ?? '';
  }

  /** What a SUB must subscribe to. */
  eventPrefixes(): string[] {
    return this.#events.prefixes();
  }
}
