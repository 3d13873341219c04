import { equalSecrets } from './equal-secrets.js';

describe('equalSecrets', () => {
  it.each([
    ['', ''],
    ['secret', 'secret'],
    ['pässword', Buffer.from('pässword')],
    ['x'.repeat(255), Buffer.alloc(255, 'x')],
  ])('%j is itself', (a, b) => {
    expect(equalSecrets(a, b)).toBe(true);
    expect(equalSecrets(b, a)).toBe(true);
  });

  it.each([
    ['secret', 'Secret'],
    ['secret', 'secret '],
    ['secret', 'secre'],
    ['', 'x'],
    ['a\0b', 'a'],
  ])('%j is not %j', (a, b) => {
    expect(equalSecrets(a, b)).toBe(false);
    expect(equalSecrets(b, a)).toBe(false);
  });
});
