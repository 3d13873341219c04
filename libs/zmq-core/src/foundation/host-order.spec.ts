import { endianness } from 'node:os';
import { uint16, uint32, uint64 } from './host-order.js';

const little = endianness() === 'LE';
const expected = (hex: string): Buffer => {
  const bytes = Buffer.from(hex, 'hex');
  return little ? bytes : bytes.reverse();
};

it('writes numbers as this machine keeps them', () => {
  expect(uint16(0x0102)).toEqual(expected('0201'));
  expect(uint32(0x01020304)).toEqual(expected('04030201'));
  expect(uint64(0x01020304)).toEqual(expected('0403020100000000'));
  expect(uint64(2n ** 63n)).toEqual(expected('0000000000000080'));
});

it('writes -1 as a C program casts it', () => {
  expect(uint32(-1)).toEqual(Buffer.alloc(4, 0xff));
  expect(uint64(-1)).toEqual(Buffer.alloc(8, 0xff));
});
