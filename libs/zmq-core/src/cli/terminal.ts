/** What a command does its work with. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
  /** All of the standard input. */
  readonly input: () => string;
}

/** The command was called wrongly. */
export class UsageError extends Error {}
