import { Inject } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { OnTask, ZmqWorker } from '@nest-zmq/transport';
import { MATCHMAKING_POOL, REPORTS, round, type Round, TASKS } from '../../../demo-contract/messages.js';
import { GAME_SERVER_CONFIG, type GameServerConfig } from '../game-server.config.js';
import { NewsService } from '../news/news.service.js';
import { GatewayService } from '../reports/gateway.service.js';
import { CountedAs } from '../reports/handled.interceptor.js';
import { playDuel } from './duel.js';
import { pairByRating } from './pairing.js';

/** Takes its share of the match-making work of the whole cluster. */
@ZmqWorker(MATCHMAKING_POOL, { concurrency: 4 })
@CountedAs('tasks')
export class MatchWorker {
  #matches = 0;

  constructor(
    @Inject(GAME_SERVER_CONFIG) private readonly config: GameServerConfig,
    private readonly news: NewsService,
    private readonly gateway: GatewayService,
  ) {}

  /** How many matches were played here. */
  get matches(): number {
    return this.#matches;
  }

  /** Safe to run twice: the gateway counts the first report of a round. */
  @OnTask(TASKS.playRound, { retry: { attempts: 3, delay: 200 } })
  async play(@Payload({ schema: round }) { id, tickets }: Round): Promise<void> {
    const { name: server } = this.config;
    const { pairs } = pairByRating(tickets);
    const matches = pairs.map(([one, other]) => playDuel(one, other, server, this.news.ratingBonus));
    await this.gateway.call(REPORTS.round, { round: id, server, matches });
    this.#matches += matches.length;
  }
}
