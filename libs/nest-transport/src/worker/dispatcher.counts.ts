/** Counts since the pool was made. */
export interface DispatcherCounts {
  /** Deliveries to workers. */
  delivered: number;
  /** Tasks that a worker did. */
  done: number;
  /** Tasks that a worker gave up for good. */
  failed: number;
  /** Deliveries that a worker asked to be repeated (`retry`), or broke off because it had to stop. */
  retried: number;
  /** Unanswered deliveries whose worker was lost. */
  workerLost: number;
  /** Unanswered deliveries whose worker let `ackTimeout` pass. */
  timedOut: number;
  /** Deliveries that a stopping worker handed back unbegun. */
  handedBack: number;
  /** Answers that changed nothing: their task was settled, or was in other hands. */
  lateAnswers: number;
  /** Answers to what that worker was never given. */
  strayAnswers: number;
}

export function noCounts(): DispatcherCounts {
  return {
    delivered: 0,
    done: 0,
    failed: 0,
    retried: 0,
    workerLost: 0,
    timedOut: 0,
    handedBack: 0,
    lateAnswers: 0,
    strayAnswers: 0,
  };
}
