import { CurveKeys } from '../mechanism/curve/curve-keys.js';
import { noSecurity } from '../mechanism/security-options.js';
import { type DowngradeOptions, mayDowngrade } from './legacy-downgrade.js';

const keys = new CurveKeys(Buffer.alloc(32, 1), undefined, undefined);
const server = { ...noSecurity, asServer: true } as const;

it.each<[string, Partial<DowngradeOptions>, boolean]>([
  ['asked for, and nothing to protect', {}, true],
  ['an empty domain is none', { security: noSecurity }, true],
  ['not asked for', { legacy: false }, false],
  ['PLAIN', { security: { ...server, mechanism: 'PLAIN' } }, false],
  ['CURVE', { security: { ...server, mechanism: 'CURVE', keys } }, false],
  ['a ZAP domain', { security: { ...noSecurity, zapDomain: 'global' } }, false],
])('37-COMPAT-3 37-SEC-1: %s', (_, options, allowed) => {
  expect(mayDowngrade({ legacy: true, ...options })).toBe(allowed);
});
