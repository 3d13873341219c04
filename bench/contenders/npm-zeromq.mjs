import * as zmq from 'zeromq';
import { versionOfPackage } from '../brokers/packages.mjs';
import { promisePaths } from './promise-paths.mjs';

/** The native addon (npm `zeromq`), by its only API: promises. */
export const npm = {
  name: 'npm zeromq (await send, for await)',
  version: `zeromq ${versionOfPackage('zeromq')}, libzmq ${zmq.version}`,
  sockets: zmq,
  ...promisePaths(),
};
