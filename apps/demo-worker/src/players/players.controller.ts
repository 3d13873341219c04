import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { CALLS, joinPlayer, type JoinPlayer, type Player } from '../../../demo-contract/messages.js';
import { CountedAs } from '../reports/handled.interceptor.js';
import { PlayersService } from './players.service.js';

@Controller()
@CountedAs('calls')
export class PlayersController {
  constructor(private readonly players: PlayersService) {}

  @MessagePattern(CALLS.joinPlayer)
  join(@Payload({ schema: joinPlayer }) request: JoinPlayer): Player {
    return this.players.join(request);
  }
}
