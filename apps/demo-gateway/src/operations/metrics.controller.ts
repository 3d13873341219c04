import { Controller, Get, Header } from '@nestjs/common';
import { AggregatorRegistry, Registry } from 'prom-client';
import { CALLS } from '../../../demo-contract/messages.js';
import { ClusterService } from '../cluster/cluster.service.js';

const ANSWER_WITHIN_MS = 1_000;

/**
 * Metrics of the whole cluster for Prometheus: game servers have no port that it could ask, so the gateway asks them.
 * `process` says whose each is.
 */
@Controller('metrics')
export class MetricsController {
  constructor(
    private readonly registry: Registry,
    private readonly cluster: ClusterService,
  ) {}

  @Get()
  @Header('Content-Type', Registry.PROMETHEUS_CONTENT_TYPE)
  async metrics(): Promise<string> {
    const [own, theirs] = await Promise.all([
      this.registry.getMetricsAsJSON(),
      this.cluster.askAll<object>(CALLS.metrics, ANSWER_WITHIN_MS),
    ]);
    return AggregatorRegistry.aggregate([own, ...theirs]).metrics();
  }
}
