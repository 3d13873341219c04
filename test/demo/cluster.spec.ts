import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MessagePattern, RpcException } from '@nestjs/microservices';
import { createTestTransport } from '@nest-zmq/transport/testing';
import { ClusterService } from '../../apps/demo-gateway/src/cluster/cluster.service.js';
import { until } from '../nest/turns.js';

let answer: (value: string) => void;

@Controller()
class Willing {
  @MessagePattern('metrics')
  metrics(): Promise<string> {
    return new Promise((resolve) => (answer = resolve));
  }
}

@Controller()
class Unwilling {
  @MessagePattern('metrics')
  metrics(): string {
    throw new RpcException('not here');
  }
}

@Module({ controllers: [Willing] })
class WillingModule {}

@Module({ controllers: [Unwilling] })
class UnwillingModule {}

describe('the cluster service', () => {
  it('has the answers of the others when one fails first', async () => {
    await using transport = createTestTransport({ servers: 2, client: { minPeers: 2 } });
    const { client, strategies } = transport;
    const apps = [];
    for (const [place, module] of [WillingModule, UnwillingModule].entries()) {
      const app = await NestFactory.createMicroservice(module, { strategy: strategies[place]!, logger: false });
      await app.listen();
      apps.push(app);
    }
    await client.connect();

    const asked = new ClusterService(client).askAll<string>('metrics', 60_000);
    await until(() => client.stats()!.calls.answered === 1);
    answer('mine');
    expect(await asked).toEqual(['mine']);

    for (const app of apps) await app.close();
  });
});
