/** Contenders by the name that child processes get. Loaded on demand: a process holds one library only. */
export async function loadContender(id) {
  switch (id) {
    case 'ours':
      return (await import('./ours.mjs')).fast;
    case 'ours-promises':
      return (await import('./ours.mjs')).promises;
    case 'npm':
      return (await import('./npm-zeromq.mjs')).npm;
    default:
      throw new Error(`no contender "${id}"`);
  }
}
