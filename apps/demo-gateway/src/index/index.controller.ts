import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { indexPage } from './index.page.js';

const ROUTES = {
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

/** What there is, for somebody who opens the printed URL: a page in a browser, else a list. */
@Controller()
export class IndexController {
  constructor(@Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig) {}

  @Get()
  index(
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): string | Readonly<Record<string, string>> {
    response.vary('Accept');
    if (request.accepts(['json', 'html']) !== 'html') return ROUTES;
    const { host, port } = this.config.address;
    response.type('html');
    return indexPage(`${host}:${port}`);
  }
}
