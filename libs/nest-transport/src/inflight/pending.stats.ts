/** Counts since the client connected. */
export interface PendingCallsStats {
  /** Calls that a server has now. */
  inFlight: number;
  /** Calls that wait for a server. */
  waiting: number;
  sent: number;
  /** Settled by a reply, be it an error. */
  answered: number;
  timedOut: number;
  cancelled: number;
  /** Failed because their server was lost. */
  lost: number;
  /** Replies to calls that were over already, or never were. */
  late: number;
  /** Failed at once because `maxWaiting` others were waiting. */
  refused: number;
}
