import { randomUUID } from 'node:crypto';
import {
  ConflictException,
  Injectable,
  Logger,
  NotFoundException,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  ServiceUnavailableException,
} from '@nestjs/common';
import { InjectZmqPool, ZmqClosedError, ZmqPool } from '@nest-zmq/transport';
import {
  EVENTS,
  type Match,
  MATCHMAKING_POOL,
  type RoundReport,
  TASKS,
  type Ticket,
} from '../../../demo-contract/messages.js';
import { ClusterService } from '../cluster/cluster.service.js';
import { PlayersService } from '../players/players.service.js';

export interface TicketStatus {
  readonly ticket: string;
  readonly playerId: string;
  readonly state: 'waiting' | 'played';
  readonly match?: Match;
}

export interface MatchmakingTotals {
  readonly waiting: number;
  /** Rounds that a game server has, or had. */
  readonly rounds: number;
  readonly matches: number;
  /** Rounds given out again, because their server did not report them. */
  readonly repeated: number;
}

interface OpenRound {
  readonly tickets: readonly Ticket[];
  /** When the pool took it; Infinity while it still waits for a worker. */
  givenOutAt: number;
}

const MAX_WAITING = 50_000;
const MAX_ROUNDS_WAITED = 100;
const TICKETS_PER_ROUND = 16;
const ROUND_EVERY_MS = 50;
/** A pool gives a task to one worker, at most once. Who cannot lose work asks again, as here. */
const REPEAT_AFTER_MS = 2_000;
const KEPT_RESULTS = 10_000;

/** Collects players who want to play, gives them out in rounds to whichever game server is free, takes the results. */
@Injectable()
export class MatchmakingService implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #logger = new Logger(MatchmakingService.name);
  /** Tickets that are not played yet, those in `#waiting` and in `#rounds`. */
  readonly #open = new Map<string, TicketStatus>();
  readonly #openPlayers = new Set<string>();
  /** Tickets for the next rounds. */
  #waiting: Ticket[] = [];
  readonly #rounds = new Map<string, OpenRound>();
  readonly #played = new Map<string, TicketStatus>();
  #matches = 0;
  #repeated = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    @InjectZmqPool(MATCHMAKING_POOL) private readonly pool: ZmqPool,
    private readonly players: PlayersService,
    private readonly cluster: ClusterService,
  ) {}

  onApplicationBootstrap(): void {
    this.#timer = setInterval(() => this.#giveOutRounds(), ROUND_EVERY_MS);
  }

  onModuleDestroy(): void {
    clearInterval(this.#timer);
  }

  queue(playerId: string): TicketStatus {
    const { rating } = this.players.find(playerId);
    if (this.#openPlayers.has(playerId)) throw new ConflictException(`Player ${playerId} waits for a match already`);
    if (this.#open.size >= MAX_WAITING) throw new ServiceUnavailableException('Too many players wait for a match');
    const ticket: Ticket = { id: randomUUID(), playerId, rating, roundsWaited: 0 };
    const status: TicketStatus = { ticket: ticket.id, playerId, state: 'waiting' };
    this.#open.set(ticket.id, status);
    this.#openPlayers.add(playerId);
    this.#waiting.push(ticket);
    return status;
  }

  /** @throws NotFoundException */
  status(ticket: string): TicketStatus {
    const status = this.#open.get(ticket) ?? this.#played.get(ticket);
    if (!status) throw new NotFoundException(`No ticket ${ticket}`);
    return status;
  }

  totals(): MatchmakingTotals {
    return { waiting: this.#open.size, rounds: this.#rounds.size, matches: this.#matches, repeated: this.#repeated };
  }

  /** A game server has played a round. Only the first report of a round counts. */
  async finish({ round, server, matches }: RoundReport): Promise<void> {
    const open = this.#rounds.get(round);
    if (!open) return;
    this.#rounds.delete(round);
    for (const match of matches) this.#book(match);
    const unpaired = open.tickets.filter(({ id }) => this.#open.has(id));
    for (const ticket of unpaired) {
      this.#waiting.push({ ...ticket, roundsWaited: Math.min(ticket.roundsWaited + 1, MAX_ROUNDS_WAITED) });
    }
    this.#logger.debug(`${server}: ${matches.length} matches, ${unpaired.length} players wait on`);
    await Promise.all(matches.map((match) => this.cluster.announce(EVENTS.matchFinished, match)));
  }

  #book(match: Match): void {
    const contenders = [match.winner, match.loser];
    if (!contenders.every(({ ticketId }) => this.#open.has(ticketId))) return;
    this.#matches += 1;
    this.players.book(match);
    for (const { ticketId, playerId } of contenders) {
      this.#open.delete(ticketId);
      this.#openPlayers.delete(playerId);
      this.#played.set(ticketId, { ticket: ticketId, playerId, state: 'played', match });
    }
    for (const ticket of this.#played.keys()) {
      if (this.#played.size <= KEPT_RESULTS) break;
      this.#played.delete(ticket);
    }
  }

  #giveOutRounds(): void {
    const now = Date.now();
    for (const [id, { tickets, givenOutAt }] of this.#rounds) {
      if (now - givenOutAt < REPEAT_AFTER_MS) continue;
      this.#repeated += 1;
      this.#giveOut(id, tickets);
    }
    if (this.#waiting.length < 2) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (let start = 0; start < waiting.length; start += TICKETS_PER_ROUND) {
      this.#giveOut(randomUUID(), waiting.slice(start, start + TICKETS_PER_ROUND));
    }
  }

  #giveOut(id: string, tickets: readonly Ticket[]): void {
    const round: OpenRound = { tickets, givenOutAt: Infinity };
    this.#rounds.set(id, round);
    void this.pool
      .push(TASKS.playRound, { id, tickets })
      .catch((error: unknown) => {
        // we are closing: nobody would be told
        if (error instanceof ZmqClosedError) return;
        this.#logger.warn(`A round found no game server: ${String(error)}`);
      })
      .finally(() => (round.givenOutAt = Date.now()));
  }
}
