import { type DowngradeOptions, mayDowngrade } from './legacy-downgrade.js';

const open: DowngradeOptions = { legacy: true, mechanism: 'NULL', zapDomain: null };

it.each([
  ['asked for, and nothing to protect', {}, true],
  ['an empty domain is none', { zapDomain: '' }, true],
  ['not asked for', { legacy: false }, false],
  ['PLAIN', { mechanism: 'PLAIN' }, false],
  ['CURVE', { mechanism: 'CURVE' }, false],
  ['a ZAP domain', { zapDomain: 'global' }, false],
] as const)('37-COMPAT-3 37-SEC-1: %s', (_, options, allowed) => {
  expect(mayDowngrade({ ...open, ...options })).toBe(allowed);
});
