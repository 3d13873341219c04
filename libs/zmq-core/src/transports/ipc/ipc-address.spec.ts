import { isAbstract, pathOf } from './ipc-address.js';
import { itWhen } from '../../testing/it-when.js';

const linux = process.platform === 'linux';

describe('pathOf', () => {
  it('takes paths as they are', () => {
    expect(pathOf('/tmp/app.sock')).toBe('/tmp/app.sock');
    expect(pathOf('relative')).toBe('relative');
    expect(isAbstract('/tmp/@x')).toBe(false);
  });

  itWhen(linux, 'abstract names are Linux only')('puts a NUL in place of the @', () => {
    expect(pathOf('@app')).toBe('\0app');
    expect(isAbstract('@app')).toBe(true);
  });

  it('counts bytes, not characters', () => {
    const limit = linux ? 107 : 103;
    expect(pathOf('x'.repeat(limit))).toHaveLength(limit);
    for (const path of ['x'.repeat(limit + 1), 'é'.repeat(limit / 2 + 1)]) {
      expect(() => pathOf(path)).toThrow(
        expect.objectContaining({ code: 'ENAMETOOLONG', address: `ipc://${path}` }) as Error,
      );
    }
  });

  it.each(['@', 'a\0b', '@a\0b'])('refuses %j', (path) => {
    expect(() => pathOf(path)).toThrow(expect.objectContaining({ code: 'EINVAL', address: `ipc://${path}` }) as Error);
  });
});
