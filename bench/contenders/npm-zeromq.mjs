import * as zmq from 'zeromq';
import { promisePaths } from './promise-paths.mjs';

/** The native addon (npm `zeromq`), by its only API: promises. */
export const npm = {
  name: 'npm zeromq (await send, for await)',
  version: `libzmq ${zmq.version}`,
  sockets: zmq,
  ...promisePaths(),
};
