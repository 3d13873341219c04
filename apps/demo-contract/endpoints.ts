/** Where a gateway's cluster side is: four ZeroMQ endpoints on four ports in a row. */
export interface ClusterEndpoints {
  /** The gateway's calls go out here (`@MessagePattern` on the game servers). */
  readonly calls: string;
  /** What the gateway announces to all of them (`@EventPattern`). */
  readonly events: string;
  /** Match-making work, each piece for one of them (`@ZmqWorker`). */
  readonly tasks: string;
  /** The other way: game servers call the gateway here, to report. */
  readonly reports: string;
}

/** `127.0.0.1:5550`: all that a game server has to know. */
export interface GatewayAddress {
  readonly host: string;
  /** The first of the four ports. */
  readonly port: number;
}

export const DEFAULT_GATEWAY = '127.0.0.1:5550';
export const PORTS_PER_CLUSTER = 4;
/** The first of the last four ports that there are. */
export const LAST_CLUSTER_PORT = 65_535 - (PORTS_PER_CLUSTER - 1);

export function clusterEndpoints({ host, port }: GatewayAddress): ClusterEndpoints {
  const at = (offset: number): string => `tcp://${host}:${port + offset}`;
  return { calls: at(0), events: at(1), tasks: at(2), reports: at(3) };
}

/** @throws Error for anything that is not `host:port`; IPv6 would need a context that has it switched on */
export function parseGatewayAddress(text: string): GatewayAddress {
  const [, host, digits] = /^([^:]+):(\d{1,5})$/.exec(text.trim()) ?? [];
  const port = Number(digits);
  if (host === undefined || port < 1 || port > LAST_CLUSTER_PORT) {
    throw new Error(`The gateway's address must look like ${DEFAULT_GATEWAY}, not '${text}'`);
  }
  return { host, port };
}
