import { Controller } from '@nestjs/common';
import { MessagePattern } from '@nestjs/microservices';
import { Registry } from 'prom-client';
import { CALLS } from '../../../demo-contract/messages.js';

/** A game server listens nowhere: the gateway asks for its metrics, and shows them to Prometheus. */
@Controller()
export class MetricsController {
  constructor(private readonly registry: Registry) {}

  @MessagePattern(CALLS.metrics)
  metrics(): Promise<object[]> {
    return this.registry.getMetricsAsJSON();
  }
}
