import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as transport from '@nest-zmq/transport';

/* docs/errors.md beside the error classes that the package exports, read both ways. */

const page = readFileSync(fileURLToPath(new URL('../../docs/errors.md', import.meta.url)), 'utf8');
const rows = [...page.matchAll(/^\| `(Zmq\w+Error)` +\| ([^|]+?) +\|/gm)].map(([, name, codes]) => ({
  name: name!,
  codes: [...codes!.matchAll(/`(\w+)`/g)].map(([, code]) => code!),
}));

function isErrorClass(value: unknown): value is new (...args: never[]) => transport.ZmqTransportError {
  return typeof value === 'function' && value.prototype instanceof transport.ZmqTransportError;
}

const classes = Object.entries(transport).filter(([, value]) => isErrorClass(value));

it('has every error class once, and no other', () => {
  expect(rows.map(({ name }) => name).toSorted()).toEqual(classes.map(([name]) => name).toSorted());
});

it.each(classes)('%s has the code that stands there', (name, value) => {
  if (!isErrorClass(value)) throw new Error('not a class');
  // Whatever the constructors want, the code does not depend on it.
  const parts = [{ address: '', message: '' }, { code: '', message: '' }, 1];
  const { code } = Reflect.construct(value, parts) as { code: string };
  expect(rows.find((row) => row.name === name)?.codes).toContain(code);
});
