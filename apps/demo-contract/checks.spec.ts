import { list, object, optional, type Schema, text, whole } from './checks.js';

interface Order {
  readonly name: string;
  readonly count?: number | undefined;
  readonly tags: readonly string[];
}
const order: Schema<Order> = object<Order>({ name: text(5), count: optional(whole(1, 9)), tags: list(text(3), 2) });

async function check(value: unknown): Promise<unknown> {
  const result = await order['~standard'].validate(value);
  if (!result.issues) return result.value;
  return result.issues.map(({ path, message }) => `${(path ?? []).map(String).join('.')} ${message}`);
}

describe('checks', () => {
  it('give the value as it should be used: trimmed, and without what nobody asked for', async () => {
    expect(await check({ name: ' Ada ', count: 2, tags: ['a'], admin: true })).toEqual({
      name: 'Ada',
      count: 2,
      tags: ['a'],
    });
    expect(await check({ name: 'Ada', tags: [] })).toEqual({ name: 'Ada', tags: [] });
  });

  it('name all that is wrong, with its place', async () => {
    expect(await check({ name: 'too long', count: 1.5, tags: ['a', 7] })).toEqual([
      'name must be a text of 1 to 5 characters',
      'count must be a whole number from 1 to 9',
      'tags.1 must be a text of 1 to 3 characters',
    ]);
    expect(await check({ name: '', tags: ['a', 'b', 'c'] })).toHaveLength(2);
    for (const value of [undefined, null, 'text', 7, []]) expect(await check(value)).toEqual([' must be an object']);
  });
});
