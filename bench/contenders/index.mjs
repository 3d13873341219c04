/** Contenders by the name that child processes get. Loaded on demand: a process holds one library only. */
export async function loadContender(id) {
  switch (id) {
    case 'ours':
      return (await import('./ours.mjs')).fast;
    case 'ours-promises':
      return (await import('./ours.mjs')).promises;
    case 'npm':
      return (await import('./npm-zeromq.mjs')).npm;
    case 'nest-zmq':
      return (await import('./nest.mjs')).zmq;
    case 'nest-tcp':
      return (await import('./nest.mjs')).tcp;
    default:
      throw new Error(`no contender "${id}"`);
  }
}
