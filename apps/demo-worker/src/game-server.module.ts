import { type DynamicModule, Module } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { ZmqModule } from '@nest-zmq/transport';
import { Registry } from 'prom-client';
import { MATCHMAKING_POOL } from '../../demo-contract/messages.js';
import { metricsOf, observedBy } from '../../demo-contract/observation.js';
import { GAME_SERVER_CONFIG, type GameServerConfig } from './game-server.config.js';
import { MatchWorker } from './matches/match.worker.js';
import { NewsController } from './news/news.controller.js';
import { NewsService } from './news/news.service.js';
import { MetricsController } from './operations/metrics.controller.js';
import { PlayersController } from './players/players.controller.js';
import { PlayersService } from './players/players.service.js';
import { GatewayService } from './reports/gateway.service.js';
import { HandledInterceptor } from './reports/handled.interceptor.js';
import { HandledService } from './reports/handled.service.js';
import { ReportService } from './reports/report.service.js';

@Module({})
export class GameServerModule {
  static with(config: GameServerConfig): DynamicModule {
    const { name, gateway } = config;
    const registry = metricsOf(name);
    return {
      module: GameServerModule,
      imports: [
        ZmqModule.forRoot({
          peerName: name,
          ...observedBy(registry),
          server: { connect: gateway.calls, events: { connect: gateway.events } },
        }),
        ZmqModule.registerWorkers({ pool: MATCHMAKING_POOL, connect: gateway.tasks }),
        ZmqModule.registerClient({ name: 'gateway', connect: gateway.reports, requestTimeout: 2_000 }),
      ],
      controllers: [PlayersController, NewsController, MetricsController],
      providers: [
        { provide: GAME_SERVER_CONFIG, useValue: config },
        { provide: Registry, useValue: registry },
        { provide: APP_INTERCEPTOR, useClass: HandledInterceptor },
        PlayersService,
        NewsService,
        MatchWorker,
        HandledService,
        GatewayService,
        ReportService,
      ],
    };
  }
}
