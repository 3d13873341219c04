import { Body, Controller, Get, HttpCode, HttpStatus, Param, Post } from '@nestjs/common';
import { object, text } from '../../../demo-contract/checks.js';
import { MatchmakingService, type MatchmakingTotals, type TicketStatus } from './matchmaking.service.js';

interface QueueRequest {
  readonly playerId: string;
}
const queueRequest = object<QueueRequest>({ playerId: text(64) });

@Controller('matchmaking')
export class MatchmakingController {
  constructor(private readonly matchmaking: MatchmakingService) {}

  @Post()
  @HttpCode(HttpStatus.ACCEPTED)
  queue(@Body({ schema: queueRequest }) { playerId }: QueueRequest): TicketStatus {
    return this.matchmaking.queue(playerId);
  }

  @Get()
  totals(): MatchmakingTotals {
    return this.matchmaking.totals();
  }

  @Get(':ticket')
  status(@Param('ticket') ticket: string): TicketStatus {
    return this.matchmaking.status(ticket);
  }
}
