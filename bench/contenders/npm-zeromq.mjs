import * as zmq from 'zeromq';
import { promisePaths } from './ours.mjs';

/** The native addon (npm `zeromq`), by its only API: promises. */
export const npm = { name: 'npm zeromq', version: `libzmq ${zmq.version}`, sockets: zmq, ...promisePaths() };
