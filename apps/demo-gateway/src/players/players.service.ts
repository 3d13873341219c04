import { randomUUID } from 'node:crypto';
import { ConflictException, Injectable, NotFoundException, ServiceUnavailableException } from '@nestjs/common';
import {
  CALLS,
  type Contender,
  EVENTS,
  type JoinPlayer,
  type Match,
  type Player,
} from '../../../demo-contract/messages.js';
import { ClusterService } from '../cluster/cluster.service.js';

const MAX_PLAYERS = 200_000;

/** Who plays where. The players themselves live on the game servers; this is the gateway's list of them. */
@Injectable()
export class PlayersService {
  readonly #players = new Map<string, Player>();
  /** Names of players, and of those who are just joining. */
  readonly #names = new Set<string>();
  #lookedForTheLostAt = 0;

  constructor(private readonly cluster: ClusterService) {}

  async join({ name, rating }: Omit<JoinPlayer, 'id'>): Promise<Player> {
    const key = name.toLowerCase();
    if (this.#names.has(key)) throw new ConflictException(`${name} plays already`);
    if (this.#names.size >= MAX_PLAYERS) this.#forgetTheLost();
    this.#names.add(key);
    const id = randomUUID();
    try {
      const player = await this.cluster.ask<Player>(CALLS.joinPlayer, { id, name, rating });
      this.#players.set(id, player);
      return player;
    } catch (error) {
      this.#names.delete(key);
      // whoever has let it in all the same, after the time was up, lets it go
      void this.cluster.announce(EVENTS.playerLeft, { id }).catch(() => undefined);
      throw error;
    }
  }

  /** @throws NotFoundException */
  find(id: string): Player {
    const player = this.#players.get(id);
    if (!player) throw new NotFoundException(`No player ${id}`);
    return player;
  }

  async leave(id: string): Promise<void> {
    this.#forget(this.find(id));
    await this.cluster.announce(EVENTS.playerLeft, { id });
  }

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

  /** A player is lost with its server. Looks for them once a second at most. */
  #forgetTheLost(): void {
    if (Date.now() - this.#lookedForTheLostAt < 1_000) throw full();
    this.#lookedForTheLostAt = Date.now();
    const connected = new Set(this.cluster.servers().map(({ name }) => name));
    for (const player of this.#players.values()) {
      if (!connected.has(player.server)) this.#forget(player);
    }
    if (this.#names.size >= MAX_PLAYERS) throw full();
  }

  #forget({ id, name }: Player): void {
    this.#players.delete(id);
    this.#names.delete(name.toLowerCase());
  }
}

function full(): ServiceUnavailableException {
  return new ServiceUnavailableException('The cluster is full');
}
