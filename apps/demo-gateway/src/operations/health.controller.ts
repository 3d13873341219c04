import { Controller, Get } from '@nestjs/common';
import { HealthCheck, type HealthCheckResult, HealthCheckService } from '@nestjs/terminus';
import { InjectZmqClient, InjectZmqPool, ZmqClient, ZmqPool } from '@nest-zmq/transport';
import { ZmqHealthIndicator } from '@nest-zmq/transport/terminus';
import { MATCHMAKING_POOL } from '../../../demo-contract/messages.js';

const ANSWER_WITHIN_MS = 1_000;

/** Whether players would be served: at least one game server answers, and one takes match-making work. */
@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly zmq: ZmqHealthIndicator,
    @InjectZmqClient('game-servers') private readonly client: ZmqClient,
    @InjectZmqPool(MATCHMAKING_POOL) private readonly pool: ZmqPool,
  ) {}

  @Get()
  @HealthCheck()
  check(): Promise<HealthCheckResult> {
    return this.health.check([
      // asks each of them: one that is frozen is connected, and does not answer
      () => this.zmq.pingCheck('game-servers', this.client, { minPeers: 1, timeout: ANSWER_WITHIN_MS }),
      () => this.zmq.poolCheck(MATCHMAKING_POOL, this.pool, { minWorkers: 1 }),
    ]);
  }
}
