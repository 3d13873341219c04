import type { PatternEnvironment } from './pattern.js';
import { ServerPattern } from './server.js';

/** 51/P2P, PEER: a SERVER among its own kind. Who connects learns the routing id of the new peer at once (`newRoutingId`). */
export class PeerPattern extends ServerPattern {
  constructor(environment: PatternEnvironment) {
    super(environment, 'PEER');
  }
}
