import { copyBytes, copyOf, viewOf } from './bytes.js';

it('makes the same views as subarray does', () => {
  const memory = Buffer.from('0123456789');
  const view = viewOf(memory.buffer, memory.byteOffset + 2, 3);
  expect(view).toEqual(memory.subarray(2, 5));
  expect(Object.getPrototypeOf(view)).toBe(Buffer.prototype);
  memory.write('x', 2);
  expect(view.toString()).toBe('x34');
});

it.each([0, 1, 63, 64, 65, 300])('copies %d bytes', (size) => {
  const source = Buffer.alloc(size, 'abc');
  const target = Buffer.alloc(size + 4);
  copyBytes(source, target, 2);
  expect(target).toEqual(Buffer.concat([Buffer.alloc(2), source, Buffer.alloc(2)]));
});

it('gives every copy memory of its own', () => {
  const copies = Array.from({ length: 1000 }, (_, i) => copyOf(Buffer.alloc(i % 129, i % 251)));
  for (const [i, copy] of copies.entries()) {
    expect(copy.equals(Buffer.alloc(i % 129, i % 251))).toBe(true);
    copy.fill(255);
  }
});
