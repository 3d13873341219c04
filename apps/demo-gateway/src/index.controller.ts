import { Controller, Get } from '@nestjs/common';

/** What there is, for somebody who opens the printed URL. */
@Controller()
export class IndexController {
  @Get()
  routes(): Record<string, string> {
    return {
      'POST /players': 'join, answered by one game server: {"name": "Ada", "rating": 1200}',
      'GET /players/:id': 'a player, with the server that it lives on',
      'DELETE /players/:id': 'leave',
      'POST /announcements': 'tell all game servers: {"text": "Double points!", "ratingBonus": 2}',
      'POST /matchmaking': 'queue for a match: {"playerId": "…"}',
      'GET /matchmaking/:ticket': 'what became of it',
      'GET /matchmaking': 'how many wait, and how many matches were played',
      'GET /servers': 'the connected game servers, and what each has handled',
      'GET /servers/live': 'the same as server-sent events',
      'GET /health': 'whether game servers answer, one by one',
      'GET /metrics': 'counters and durations of the whole cluster, for Prometheus',
    };
  }
}
