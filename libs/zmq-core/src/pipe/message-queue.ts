import type { Multipart } from '../foundation/multipart.js';

/** What holds the messages of one direction. A `FifoQueue` is one, a conflating queue another, a spill to disk a third. */
export interface MessageQueue {
  readonly length: number;
  push(message: Multipart): void;
  shift(): Multipart | undefined;
  clear(): void;
}
