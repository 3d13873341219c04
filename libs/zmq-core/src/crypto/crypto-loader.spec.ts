import type { CryptoBackend } from '../mechanism/crypto-backend.js';
import { CryptoLoader } from './crypto-loader.js';
import { openWasm } from './open-backend.js';

const whenLoaded = (loader: CryptoLoader): Promise<CryptoBackend | Error> =>
  new Promise((resolve) => void loader.whenLoaded(resolve));

it('loads nothing before it is asked, and once', async () => {
  let loads = 0;
  const loader = new CryptoLoader(() => {
    loads++;
    return openWasm();
  });
  expect([loads, loader.backend]).toEqual([0, undefined]);
  loader.load();
  loader.load();
  const [one, other] = await Promise.all([whenLoaded(loader), whenLoaded(loader)]);
  expect(one).toBe(other);
  expect(loader.backend).toBe(one);
  expect(await whenLoaded(loader)).toBe(one);
  expect(loads).toBe(1);
});

it('tells later, also when it is there', async () => {
  const loader = new CryptoLoader(openWasm);
  await whenLoaded(loader);
  let told = false;
  loader.whenLoaded(() => (told = true));
  expect(told).toBe(false);
  await whenLoaded(loader);
  expect(told).toBe(true);
});

it('tells nobody who has gone', async () => {
  const loader = new CryptoLoader(openWasm);
  let told = false;
  loader.whenLoaded(() => (told = true))();
  await whenLoaded(loader);
  loader.whenLoaded(() => (told = true))();
  await whenLoaded(loader);
  expect(told).toBe(false);
});

it.each([
  ['says what to install', Object.assign(new Error('x'), { code: 'ERR_MODULE_NOT_FOUND' }), /npm install libsodium-sumo/],
  ['passes on what went wrong', new Error('no memory'), /no memory/],
  ['passes on what is no error', 'no luck', /no luck/],
])('%s', async (_, failure, text) => {
  const loader = new CryptoLoader(() => Promise.reject(failure as Error));
  const outcome = await whenLoaded(loader);
  expect(outcome).toBeInstanceOf(Error);
  expect((outcome as Error).message).toMatch(text);
  expect(loader.backend).toBeUndefined();
  expect(await whenLoaded(loader)).toBe(outcome);
}); // prettier-ignore
