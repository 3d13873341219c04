import { hostname } from 'node:os';
import {
  clusterEndpoints,
  type ClusterEndpoints,
  DEFAULT_GATEWAY,
  parseGatewayAddress,
} from '../../demo-contract/endpoints.js';

export interface GameServerConfig {
  /** What the gateway lists it as; unlike every other server's. */
  readonly name: string;
  readonly gateway: ClusterEndpoints;
  readonly maxPlayers: number;
  readonly reportIntervalMs: number;
}

export const GAME_SERVER_CONFIG = Symbol('GameServerConfig');

/** @throws Error a setting that makes no sense */
export function readConfig(env: NodeJS.ProcessEnv): GameServerConfig {
  return {
    name: env['SERVER_NAME'] ?? `${hostname()}-${process.pid}`,
    gateway: clusterEndpoints(parseGatewayAddress(env['GATEWAY'] ?? DEFAULT_GATEWAY)),
    maxPlayers: positive('MAX_PLAYERS', env['MAX_PLAYERS'] ?? '100000'),
    reportIntervalMs: positive('REPORT_INTERVAL_MS', env['REPORT_INTERVAL_MS'] ?? '250'),
  };
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`${name} must be a whole number above 0, not '${text}'`);
  return value;
}
