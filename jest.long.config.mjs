import base from './jest.config.mjs';

/** Soak and load tests (`*.long-spec.ts`), one at a time: `npm run test:long`. */
export default {
  ...base,
  testRegex: '\\.long-spec\\.ts$',
  maxWorkers: 1,
  testTimeout: 15 * 60_000,
  passWithNoTests: true,
};
