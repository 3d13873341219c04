import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { REPORTS, serverReport, type ServerReport } from '../../../demo-contract/messages.js';
import { ClusterService } from './cluster.service.js';

/** Called by the game servers. */
@Controller()
export class ReportsController {
  constructor(private readonly cluster: ClusterService) {}

  @MessagePattern(REPORTS.server)
  report(@Payload({ schema: serverReport }) report: ServerReport): void {
    this.cluster.report(report);
  }
}
