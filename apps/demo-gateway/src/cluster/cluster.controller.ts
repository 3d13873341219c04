import { Controller, Get, type MessageEvent, Sse } from '@nestjs/common';
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
}
