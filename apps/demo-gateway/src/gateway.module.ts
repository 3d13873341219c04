import { type DynamicModule, type MiddlewareConsumer, Module, type NestModule } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { ZmqModule } from '@nest-zmq/transport';
import { ZmqHealthIndicator } from '@nest-zmq/transport/terminus';
import { Registry } from 'prom-client';
import { MATCHMAKING_POOL } from '../../demo-contract/messages.js';
import { metricsOf, observedBy } from '../../demo-contract/observation.js';
import { AnnouncementsController } from './announcements/announcements.controller.js';
import { ClusterController } from './cluster/cluster.controller.js';
import { ClusterService } from './cluster/cluster.service.js';
import { ReportsController } from './cluster/reports.controller.js';
import { ShutdownService } from './cluster/shutdown.service.js';
import { GATEWAY_CONFIG, type GatewayConfig } from './gateway.config.js';
import { IndexController } from './index/index.controller.js';
import { MatchmakingController } from './matchmaking/matchmaking.controller.js';
import { MatchmakingService } from './matchmaking/matchmaking.service.js';
import { RoundsController } from './matchmaking/rounds.controller.js';
import { HealthController } from './operations/health.controller.js';
import { MetricsController } from './operations/metrics.controller.js';
import { PlayersController } from './players/players.controller.js';
import { PlayersService } from './players/players.service.js';

@Module({})
export class GatewayModule implements NestModule {
  static with(config: GatewayConfig): DynamicModule {
    const { endpoints } = config;
    const registry = metricsOf('gateway');
    return {
      module: GatewayModule,
      imports: [
        // whoever asks is told; a line in the log for each probe says nothing more
        TerminusModule.forRoot({ logger: false }),
        // the server is where game servers call with their reports
        ZmqModule.forRoot({ peerName: 'gateway', ...observedBy(registry), server: { bind: endpoints.reports } }),
        ZmqModule.registerClient({
          name: 'game-servers',
          bind: endpoints.calls,
          events: { bind: endpoints.events },
          requestTimeout: 5_000,
        }),
        ZmqModule.registerPool({ name: MATCHMAKING_POOL, bind: endpoints.tasks }),
      ],
      controllers: [
        IndexController,
        PlayersController,
        AnnouncementsController,
        MatchmakingController,
        ClusterController,
        ReportsController,
        RoundsController,
        HealthController,
        MetricsController,
      ],
      providers: [
        ClusterService,
        PlayersService,
        MatchmakingService,
        ShutdownService,
        ZmqHealthIndicator,
        { provide: Registry, useValue: registry },
        { provide: GATEWAY_CONFIG, useValue: config },
      ],
    };
  }

  constructor(private readonly shutdown: ShutdownService) {}

  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(this.shutdown.middleware).forRoutes('*path');
  }
}
