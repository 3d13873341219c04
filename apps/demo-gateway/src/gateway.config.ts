import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { once } from 'node:events';
import {
  clusterEndpoints,
  type ClusterEndpoints,
  type GatewayAddress,
  LAST_CLUSTER_PORT,
  PORTS_PER_CLUSTER,
} from '../../demo-contract/endpoints.js';

export interface GatewayConfig {
  /** The interface of both sides. The game servers' side has no authentication: keep it inside. */
  readonly host: string;
  readonly httpPort: number;
  /** What a game server gets as its `GATEWAY`. */
  readonly address: GatewayAddress;
  readonly endpoints: ClusterEndpoints;
}

export const GATEWAY_CONFIG = Symbol('GatewayConfig');

/**
 * `LISTEN_HOST` (127.0.0.1), `PORT` of HTTP (3000), `CLUSTER_PORT`, the first of four (5550). Port 0 is any that is free.
 * @throws Error a setting that makes no sense
 */
export async function readConfig(env: NodeJS.ProcessEnv): Promise<GatewayConfig> {
  const host = env['LISTEN_HOST'] ?? '127.0.0.1';
  if (host === '' || host.includes(':'))
    throw new Error(`LISTEN_HOST must be a name or an IPv4 address, not '${host}'`);
  const clusterPort = portOf('CLUSTER_PORT', env['CLUSTER_PORT'] ?? '5550', LAST_CLUSTER_PORT);
  const address = { host, port: clusterPort === 0 ? await freePorts(host) : clusterPort };
  return { host, httpPort: portOf('PORT', env['PORT'] ?? '3000'), address, endpoints: clusterEndpoints(address) };
}

function portOf(name: string, text: string, last = 65_535): number {
  // digits only: of an empty text `Number` would make 0, which is any port
  if (/^\d+$/.test(text) && Number(text) <= last) return Number(text);
  throw new Error(`${name} must be a port, 0 to ${last}, not '${text}'`);
}

/** The first of enough free ports in a row, below those that systems give to outgoing connections. */
async function freePorts(host: string): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const first = randomInt(10_000, 32_000);
    const held: Server[] = [];
    try {
      for (let port = first; port < first + PORTS_PER_CLUSTER; port += 1) held.push(await listen(host, port));
      return first;
    } catch {
      // one of them is taken: try elsewhere
    } finally {
      await Promise.all(held.map((server) => once(server.close(), 'close')));
    }
  }
  throw new Error(`No ${PORTS_PER_CLUSTER} free ports in a row on ${host}`);
}

async function listen(host: string, port: number): Promise<Server> {
  const server = createServer().listen(port, host);
  await once(server, 'listening');
  return server;
}
