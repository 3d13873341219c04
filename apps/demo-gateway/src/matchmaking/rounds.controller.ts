import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { REPORTS, roundReport, type RoundReport } from '../../../demo-contract/messages.js';
import { MatchmakingService } from './matchmaking.service.js';

/** Called by the game servers. */
@Controller()
export class RoundsController {
  constructor(private readonly matchmaking: MatchmakingService) {}

  @MessagePattern(REPORTS.round)
  async played(@Payload({ schema: roundReport }) report: RoundReport): Promise<void> {
    await this.matchmaking.finish(report);
  }
}
