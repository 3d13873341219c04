/**
 * The one flow control of the core. A queue is full when it holds `messages`
 * messages or `bytes` bytes (0 = no such limit); once full it opens again after
 * (limit + 1) / 2 were read, so that a writer is woken for a batch and not for
 * every message (libzmq `pipe.cpp`, compute_lwm).
 */
export interface HighWaterMark {
  readonly messages: number;
  readonly bytes: number;
}

export const unlimited: HighWaterMark = { messages: 0, bytes: 0 };

/** The mark of an inproc queue: both sides' limits together; 0 on either side = none. */
export function sumOfMarks(a: HighWaterMark, b: HighWaterMark): HighWaterMark {
  return { messages: sum(a.messages, b.messages), bytes: sum(a.bytes, b.bytes) };
}

/** The fill level at which a full queue opens again. */
export function reopenLevel(limit: number): number {
  return limit - ((limit + 1) >> 1);
}

function sum(a: number, b: number): number {
  return a === 0 || b === 0 ? 0 : a + b;
}
