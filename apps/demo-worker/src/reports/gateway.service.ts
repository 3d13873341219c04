import { Injectable } from '@nestjs/common';
import { InjectZmqClient, ZmqClient } from '@nest-zmq/transport';
import { lastValueFrom } from 'rxjs';

/** The way up: this server calls its gateway. */
@Injectable()
export class GatewayService {
  constructor(@InjectZmqClient('gateway') private readonly client: ZmqClient) {}

  /** Resolves when the gateway has taken it. */
  async call(pattern: string, report: object): Promise<void> {
    await lastValueFrom(this.client.send(pattern, report), { defaultValue: undefined });
  }
}
