import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import {
  announcement,
  type Announcement,
  EVENTS,
  match,
  type Match,
  playerLeft,
  type PlayerLeft,
} from '../../../demo-contract/messages.js';
import { PlayersService } from '../players/players.service.js';
import { CountedAs } from '../reports/handled.interceptor.js';
import { NewsService } from './news.service.js';

/** What the gateway tells all game servers. */
@Controller()
@CountedAs('events')
export class NewsController {
  constructor(
    private readonly news: NewsService,
    private readonly players: PlayersService,
  ) {}

  @EventPattern(EVENTS.announcement)
  onAnnouncement(@Payload({ schema: announcement }) event: Announcement): void {
    this.news.add(event);
  }

  @EventPattern(EVENTS.matchFinished)
  onMatchFinished(@Payload({ schema: match }) event: Match): void {
    this.players.book(event);
  }

  @EventPattern(EVENTS.playerLeft)
  onPlayerLeft(@Payload({ schema: playerLeft }) event: PlayerLeft): void {
    this.players.leave(event.id);
  }
}
