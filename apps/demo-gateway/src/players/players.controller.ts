import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Param, Post } from '@nestjs/common';
import type { JoinPlayer, Player } from '../../../demo-contract/messages.js';
import { object, optional, text, whole } from '../../../demo-contract/checks.js';
import { ClusterService } from '../cluster/cluster.service.js';
import { PlayersService } from './players.service.js';

type JoinRequest = Omit<JoinPlayer, 'id'>;
const joinRequest = object<JoinRequest>({ name: text(40), rating: optional(whole(0, 4_000)) });

@Controller('players')
export class PlayersController {
  constructor(
    private readonly players: PlayersService,
    private readonly cluster: ClusterService,
  ) {}

  @Post()
  join(@Body({ schema: joinRequest }) request: JoinRequest): Promise<Player> {
    return this.players.join(request);
  }

  @Get(':id')
  find(@Param('id') id: string): Player & { online: boolean } {
    const player = this.players.find(id);
    return { ...player, online: this.cluster.isConnected(player.server) };
  }

  @Delete(':id')
  @HttpCode(HttpStatus.NO_CONTENT)
  async leave(@Param('id') id: string): Promise<void> {
    await this.players.leave(id);
  }
}
