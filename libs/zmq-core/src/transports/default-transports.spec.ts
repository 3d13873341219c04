import { defaultTransports } from './default-transports.js';

describe('defaultTransports', () => {
  it('has each scheme once, by instances of its own', () => {
    const [one, two] = [defaultTransports(), defaultTransports()];
    expect(one.map(({ scheme, kind }) => `${scheme} ${kind}`)).toEqual(['tcp bytes', 'ipc bytes', 'inproc pipe']);
    for (const [i, transport] of one.entries()) expect(transport).not.toBe(two[i]);
  });
});
