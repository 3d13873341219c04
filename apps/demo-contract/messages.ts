import { list, object, optional, text, whole } from './checks.js';

/** The names that gateway and game servers call each other by. */
export const CALLS = { joinPlayer: 'players.join', metrics: 'metrics' } as const;
export const EVENTS = {
  announcement: 'announcement',
  matchFinished: 'match.finished',
  playerLeft: 'player.left',
} as const;
export const REPORTS = { server: 'servers.report', round: 'rounds.played' } as const;
export const MATCHMAKING_POOL = 'matchmaking';
export const TASKS = { playRound: 'rounds.play' } as const;

export interface JoinPlayer {
  /** Chosen by the gateway, so that it can call off a join whose answer never came. */
  readonly id: string;
  readonly name: string;
  /** What a player starts with; 1000 when left out. */
  readonly rating?: number | undefined;
}
export const joinPlayer = object<JoinPlayer>({ id: text(64), name: text(40), rating: optional(whole(0, 4_000)) });

/** A player lives on the game server that it joined. */
export interface Player {
  readonly id: string;
  readonly name: string;
  readonly server: string;
  readonly rating: number;
  readonly wins: number;
  readonly losses: number;
}

export interface Announcement {
  readonly id: string;
  readonly text: string;
  /** From now on a match moves ratings by so much more; stays as it is when left out. */
  readonly ratingBonus?: number | undefined;
}
export const announcement = object<Announcement>({
  id: text(64),
  text: text(500),
  ratingBonus: optional(whole(1, 5)),
});

export interface PlayerLeft {
  readonly id: string;
}
export const playerLeft = object<PlayerLeft>({ id: text(64) });

/** A player who waits for a match. */
export interface Ticket {
  readonly id: string;
  readonly playerId: string;
  readonly rating: number;
  /** In how many rounds no fitting opponent was found. */
  readonly roundsWaited: number;
}

/** One piece of match-making work. Playing it twice gives the same winners. */
export interface Round {
  readonly id: string;
  readonly tickets: readonly Ticket[];
}
/** Far beyond what anybody comes to by playing: one who wins a match must not be refused in the next. */
const rating = whole(-1_000_000, 1_000_000);
const ticket = object<Ticket>({
  id: text(64),
  playerId: text(64),
  rating,
  roundsWaited: whole(0, 100),
});
export const round = object<Round>({ id: text(64), tickets: list(ticket, 1_000) });

export interface Match {
  readonly id: string;
  /** The server that paired the players and ran their duel. */
  readonly server: string;
  readonly winner: Contender;
  readonly loser: Contender;
  /** Bouts won by each. */
  readonly score: readonly number[];
}
export interface Contender {
  readonly ticketId: string;
  readonly playerId: string;
  /** After the match. */
  readonly rating: number;
}
const contender = object<Contender>({ ticketId: text(64), playerId: text(64), rating });
export const match = object<Match>({
  id: text(100),
  server: text(255),
  winner: contender,
  loser: contender,
  score: list(whole(0, 100), 2),
});

export interface RoundReport {
  readonly round: string;
  readonly server: string;
  /** Who is in none of them found no fitting opponent in this round. */
  readonly matches: readonly Match[];
}
export const roundReport = object<RoundReport>({
  round: text(64),
  server: text(255),
  matches: list(match, 1_000),
});

/** What a game server has done since it started. */
export interface Handled {
  readonly calls: number;
  readonly events: number;
  readonly tasks: number;
}

export interface ServerReport {
  readonly name: string;
  readonly pid: number;
  readonly handled: Handled;
  readonly players: number;
  readonly announcements: number;
  readonly lastAnnouncement?: string | undefined;
  readonly matches: number;
  readonly ratingBonus: number;
}
const count = whole(0, Number.MAX_SAFE_INTEGER);
export const serverReport = object<ServerReport>({
  name: text(255),
  pid: count,
  handled: object<Handled>({ calls: count, events: count, tasks: count }),
  players: count,
  announcements: count,
  lastAnnouncement: optional(text(500)),
  matches: count,
  ratingBonus: whole(1, 5),
});

/** What a game server's handler throws when the rules of the game say no: the gateway turns it into an HTTP answer. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  /** The HTTP status that fits. */
  readonly status: number;
}

export function isRefusal(error: unknown): error is Refusal {
  if (typeof error !== 'object' || error === null) return false;
  const { code, message, status } = error as Partial<Refusal>;
  return (
    typeof code === 'string' &&
    typeof message === 'string' &&
    Number.isInteger(status) &&
    status! >= 400 &&
    status! <= 599
  );
}
