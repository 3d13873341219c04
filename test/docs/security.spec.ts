import { counters } from '@nest-zmq/core';
import { readFileSync } from 'node:fs';
import { optionNames, optionTable } from '../../libs/zmq-core/src/socket/option-table.js';
import { defaultCell, tablesOf } from './option-cells.js';

const read = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
const rowsUnder = (page: string, ...header: readonly string[]): readonly (readonly string[])[] => {
  const found = tablesOf(page).filter((table) => table.header.join() === header.join());
  expect(found).toHaveLength(1);
  return found[0]!.rows;
};

describe('SECURITY.md', () => {
  const limits = rowsUnder(read('SECURITY.md'), 'option', 'default', 'unit', 'what it bounds');

  it('has the defaults of the option table', () => {
    for (const [cell, value, unit] of limits) {
      const row = optionTable[cell!.slice(1, -1) as keyof typeof optionTable];
      expect([cell, value, unit]).toEqual([cell, `\`${defaultCell(row)}\``, 'unit' in row ? row.unit : undefined]);
    }
  });

  it('has every limit whose breach is counted, and every mark', () => {
    const shown = limits.map(([cell]) => cell!.slice(1, -1));
    const counted = optionNames.filter((name) => name in counters && name !== 'tcpAcceptFilter');
    const marks = optionNames.filter((name) => name.includes('HighWaterMark'));
    expect(shown.toSorted()).toEqual([...counted, ...marks].toSorted());
  });
});

it('docs/diagnostics.md has every counter, with the words of the source', () => {
  const rows = rowsUnder(read('docs/diagnostics.md'), 'counter', 'what happened');
  expect(rows).toEqual(Object.entries(counters).map(([name, meaning]) => [`\`${name}\``, meaning]));
});
