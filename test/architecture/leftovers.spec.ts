import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/*
 * Every test of the transport fails when it leaves a handle open, by the environment of all
 * tests, and when it leaves something in the books of a client, a server, a pool or its
 * workers, by `Apps` or `PoolApps`, which also give it its context.
 */

const tests = fileURLToPath(new URL('../nest/', import.meta.url));

it.each(readdirSync(tests).filter((file) => file.endsWith('-spec.ts')))('nest/%s looks into the books', (file) => {
  expect(readFileSync(tests + file, 'utf8')).toMatch(/from '\.\/support\/(pool-)?apps\.js'/);
});

it('all tests have the environment that looks at handles', () => {
  const config = (name: string): string => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
  expect(config('jest.config.mjs')).toContain("testEnvironment: '<rootDir>/test/support/nothing-left.environment.mjs'");
  expect(config('jest.long.config.mjs')).toContain('...base');
  expect(config('jest.long.config.mjs')).not.toContain('testEnvironment');
});

it('no file chooses another', () => {
  const files = readdirSync(tests, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  expect(files.filter((file) => readFileSync(tests + file, 'utf8').includes('@jest-environment'))).toEqual([]);
});
