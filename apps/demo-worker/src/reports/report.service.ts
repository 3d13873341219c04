import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { REPORTS, type ServerReport } from '../../../demo-contract/messages.js';
import { GAME_SERVER_CONFIG, type GameServerConfig } from '../game-server.config.js';
import { MatchWorker } from '../matches/match.worker.js';
import { NewsService } from '../news/news.service.js';
import { PlayersService } from '../players/players.service.js';
import { GatewayService } from './gateway.service.js';
import { HandledService } from './handled.service.js';

/** Tells the gateway again and again what this server has done. */
@Injectable()
export class ReportService implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  readonly #logger = new Logger(ReportService.name);
  #timer: NodeJS.Timeout | undefined;
  #sending = false;
  #gatewayIsGone = false;
  #stopping = false;

  constructor(
    @Inject(GAME_SERVER_CONFIG) private readonly config: GameServerConfig,
    private readonly handled: HandledService,
    private readonly players: PlayersService,
    private readonly news: NewsService,
    private readonly worker: MatchWorker,
    private readonly gateway: GatewayService,
  ) {}

  onApplicationBootstrap(): void {
    this.#timer = setInterval(() => void this.#send(), this.config.reportIntervalMs);
  }

  beforeApplicationShutdown(): void {
    this.#stopping = true;
  }

  /** While the server drains, it still reports. */
  onApplicationShutdown(): void {
    clearInterval(this.#timer);
  }

  async #send(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    try {
      await this.gateway.call(REPORTS.server, this.#report());
      if (this.#gatewayIsGone) this.#logger.log('The gateway is back');
      this.#gatewayIsGone = false;
    } catch (error) {
      if (!this.#gatewayIsGone && !this.#stopping) this.#logger.warn(`The gateway takes no reports: ${String(error)}`);
      this.#gatewayIsGone = true;
    } finally {
      this.#sending = false;
    }
  }

  #report(): ServerReport {
    return {
      name: this.config.name,
      pid: process.pid,
      handled: this.handled.counts,
      players: this.players.count,
      announcements: this.news.count,
      lastAnnouncement: this.news.last?.text,
      matches: this.worker.matches,
      ratingBonus: this.news.ratingBonus,
    };
  }
}
