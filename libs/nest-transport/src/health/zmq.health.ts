import { Injectable } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import type { ZmqPool } from '../worker/zmq.pool.js';
import type { ZmqClient } from '../zmq.client.js';

export interface ZmqPingCheckOptions {
  /** How many servers must answer. Default 1. */
  minPeers?: number | undefined;
  /** How long all of it may take, in ms. Default 1,000. */
  timeout?: number | undefined;
}

export interface ZmqPoolCheckOptions {
  /** How many workers must be connected. Default 1. */
  minWorkers?: number | undefined;
}

/**
 * Health of clients and pools for `@nestjs/terminus`. Add it to the `providers` of the
 * module that imports `TerminusModule`.
 *
 * @example
 * health.check([() => zmq.pingCheck('orders', ordersClient, { minPeers: 2 })])
 */
@Injectable()
export class ZmqHealthIndicator {
  constructor(private readonly health: HealthIndicatorService) {}

  /**
   * Asks every server of the client; up when at least `minPeers` answer that are not closing. The details list each.
   * A server of another library, which understands no ping, counts as up while it is connected.
   */
  async pingCheck<const Key extends string>(
    key: Key,
    client: Pick<ZmqClient, 'ping'>,
    { minPeers = 1, timeout = 1_000 }: ZmqPingCheckOptions = {},
  ): Promise<HealthIndicatorResult<Key>> {
    const indicator = this.health.check(key);
    try {
      const peers = await client.ping({ minPeers, timeout });
      const up = peers.filter((peer) => peer.up && !peer.draining).length;
      if (up >= minPeers) return indicator.up({ minPeers, peersUp: up, peers });
      const message = `${up} of ${minPeers} servers answered within ${timeout} ms`;
      return indicator.down({ message, minPeers, peersUp: up, peers });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return indicator.down({ message, minPeers, peersUp: 0, peers: [] });
    }
  }

  /** Up while at least `minWorkers` workers are connected to the pool. */
  poolCheck<const Key extends string>(
    key: Key,
    pool: Pick<ZmqPool, 'workers'>,
    { minWorkers = 1 }: ZmqPoolCheckOptions = {},
  ): HealthIndicatorResult<Key> {
    const indicator = this.health.check(key);
    const workers = pool.workers.map(({ address }) => address);
    if (workers.length >= minWorkers) return indicator.up({ minWorkers, workers });
    const message = `${workers.length} of ${minWorkers} workers are connected`;
    return indicator.down({ message, minWorkers, workers });
  }
}
