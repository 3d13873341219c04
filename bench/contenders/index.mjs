import { buildNative } from '../native.mjs';

/**
 * Contenders by the name that child processes get. Loaded on demand: a process holds
 * one library only. `a→b` is a mixed pair, sender and receiver; each half is a process.
 */
export async function loadContender(id) {
  switch (id) {
    case 'ours':
      return (await import('./ours.mjs')).fast;
    case 'ours-promises':
      return (await import('./ours.mjs')).promises;
    case 'npm':
      return (await import('./npm-zeromq.mjs')).npm;
    case 'net':
      return (await import('./net.mjs')).net;
    case 'libzmq':
      return { name: 'libzmq (C)', version: buildNative() };
    case 'nest-zmq':
      return (await import('./nest.mjs')).zmq;
    case 'nest-tcp':
      return (await import('./nest.mjs')).tcp;
    default:
      throw new Error(`no contender "${id}"`);
  }
}
