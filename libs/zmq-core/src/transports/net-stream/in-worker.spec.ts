import { waitInWorker } from './in-worker.js';

describe('waitInWorker', () => {
  it('gives what the other thread found, when the call returns', () => {
    expect(waitInWorker(`return { ...input, found: await Promise.resolve([1]) };`, { asked: 'x' })).toEqual({
      asked: 'x',
      found: [1],
    });
  });

  it('throws what went wrong there, with its code', () => {
    expect(() => waitInWorker(`await require('node:fs').promises.readFile(input);`, '/nowhere/at/all')).toThrow(
      expect.objectContaining({ code: 'ENOENT', message: expect.stringContaining('no such file') as string }) as Error,
    );
  });
});
