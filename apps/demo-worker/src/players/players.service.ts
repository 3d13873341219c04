import { Inject, Injectable } from '@nestjs/common';
import { RpcException } from '@nestjs/microservices';
import type { Contender, JoinPlayer, Match, Player, Refusal } from '../../../demo-contract/messages.js';
import { GAME_SERVER_CONFIG, type GameServerConfig } from '../game-server.config.js';

const START_RATING = 1_000;

/** The players who live on this server. They are gone with its process. */
@Injectable()
export class PlayersService {
  readonly #players = new Map<string, Player>();
  readonly #names = new Set<string>();

  constructor(@Inject(GAME_SERVER_CONFIG) private readonly config: GameServerConfig) {}

  get count(): number {
    return this.#players.size;
  }

  /** @throws RpcException with a `Refusal` */
  join({ id, name, rating = START_RATING }: JoinPlayer): Player {
    const key = name.toLowerCase();
    if (this.#names.has(key)) throw refusal('NAME_TAKEN', `${name} plays here already`, 409);
    if (this.#players.size >= this.config.maxPlayers) throw refusal('SERVER_FULL', 'No room for more players', 503);
    const player: Player = { id, name, server: this.config.name, rating, wins: 0, losses: 0 };
    this.#players.set(id, player);
    this.#names.add(key);
    return player;
  }

  /** Does nothing when the player lives elsewhere. */
  leave(id: string): void {
    const player = this.#players.get(id);
    if (!player) return;
    this.#players.delete(id);
    this.#names.delete(player.name.toLowerCase());
  }

  /** Each server hears of each match, and books what concerns its own players. */
  book({ winner, loser }: Match): void {
    this.#update(winner, { wins: 1, losses: 0 });
    this.#update(loser, { wins: 0, losses: 1 });
  }

  #update({ playerId, rating }: Contender, more: { wins: number; losses: number }): void {
    const player = this.#players.get(playerId);
    if (!player) return;
    const { wins, losses } = player;
    this.#players.set(playerId, { ...player, rating, wins: wins + more.wins, losses: losses + more.losses });
  }
}

function refusal(code: string, message: string, status: number): RpcException {
  return new RpcException({ code, message, status } satisfies Refusal);
}
