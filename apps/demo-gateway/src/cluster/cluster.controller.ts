import { Controller, Get, HttpStatus, type MessageEvent, Res, Sse } from '@nestjs/common';
import type { Response } from 'express';
import { map, type Observable } from 'rxjs';
import { ClusterService, type GameServer } from './cluster.service.js';

@Controller()
export class ClusterController {
  constructor(private readonly cluster: ClusterService) {}

  @Get('servers')
  servers(): { servers: readonly GameServer[] } {
    return { servers: this.cluster.servers() };
  }

  @Sse('servers/live')
  live(): Observable<MessageEvent> {
    return this.cluster.live().pipe(map((servers) => ({ data: { servers } })));
  }

  @Get('health')
  health(@Res({ passthrough: true }) response: Response): { status: string; servers: number } {
    const servers = this.cluster.servers().length;
    if (servers === 0) response.status(HttpStatus.SERVICE_UNAVAILABLE);
    return { status: servers === 0 ? 'no game server is connected' : 'ok', servers };
  }
}
