import { readFileSync } from 'node:fs';

interface LockEntry {
  readonly resolved?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const lock = JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8')) as {
  readonly packages: Readonly<Record<string, LockEntry>>;
};

/**
 * npm leaves a platform's binary out of the lock file when the registry of the day does not have it,
 * and `npm ci` then refuses the file. Pin the parent to a version whose binaries are all there.
 */
function missingBinaries(packages: Readonly<Record<string, LockEntry>>): string[] {
  return Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter((name) => !packages[`${path}/node_modules/${name}`] && !packages[`node_modules/${name}`])
      .map((name) => `${path} needs ${name}`),
  );
}

describe('package-lock.json', () => {
  it('has the binaries of every platform', () => {
    expect(missingBinaries(lock.packages)).toEqual([]);
    expect(missingBinaries({ 'node_modules/a': { optionalDependencies: { 'a-linux': '1' } } })).toEqual([
      'node_modules/a needs a-linux',
    ]);
  });

  it('names no registry', () => {
    const addresses = Object.values(lock.packages).map(({ resolved }) => resolved);
    expect(addresses.filter((address) => address?.includes('://'))).toEqual([]);
  });
});
