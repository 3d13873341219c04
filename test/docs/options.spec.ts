import { readFileSync } from 'node:fs';
import { type ContextOptionRow, contextOptionTable } from '../../libs/zmq-core/src/socket/context-option-table.js';
import type { OptionRow, ReadOnlyRow } from '../../libs/zmq-core/src/socket/option-row.js';
import { defaultOptions, optionTable, readOnlyTable } from '../../libs/zmq-core/src/socket/option-table.js';
import {
  commentOf,
  defaultCell,
  effectSentence,
  libzmqCell,
  rangeCell,
  socketsCell,
  type Table,
  tablesOf,
  typeCell,
} from './option-cells.js';

const tables = tablesOf(readFileSync(new URL('../../docs/options.md', import.meta.url), 'utf8'));
const everyType = optionTable.linger.on;
const groups = {
  all: everyType,
  'all that send': optionTable.sendTimeout.on,
  'all that receive': optionTable.receiveTimeout.on,
};

function rowsUnder(...header: readonly string[]): readonly (readonly string[])[] {
  const found = tables.filter((table) => table.header.join() === header.join());
  expect(found).not.toEqual([]);
  return found.flatMap((table) => table.rows);
}

function optionRows(): readonly (readonly string[])[] {
  return rowsUnder('option', 'libzmq', 'type', 'default', 'range', 'unit', 'sockets', 'effective', 'what it does');
}

const [lastCell, others] = [(row: readonly string[]) => row.at(-1)!, (row: readonly string[]) => row.slice(0, -1)];

/** A remark is a sentence of its own, and the effect behind it what the table says. */
function checkRemark(name: string, remark: string, effect: string): void {
  expect([name, remark]).toEqual([name, expect.stringMatching(/^[A-Z`].{9,}[.]$/)]);
  const said = /\*\*.*$/.exec(remark)?.[0] ?? '';
  expect([name, said]).toEqual([name, effect]);
}

describe('docs/options.md shows', () => {
  it('every option of a socket, in the order of the table, and no other', () => {
    const rows = optionRows();
    const noLinger = everyType.filter((type) => defaultOptions(type).linger === 0);
    const expected = Object.entries<OptionRow>(optionTable).map(([name, row]) => [
      `\`${name}\``,
      libzmqCell(row),
      typeCell(row),
      `\`${defaultCell(row)}\`${name === 'linger' ? `, ${noLinger.join(', ')} \`0\`` : ''}`,
      rangeCell(row),
      row.unit ?? '–',
      socketsCell(row.on, groups),
      row.live ? 'at once' : 'later',
    ]);
    expect(rows.map(others)).toEqual(expected);
    for (const row of rows) {
      const name = row[0]!.slice(1, -1) as keyof typeof optionTable;
      checkRemark(name, lastCell(row), effectSentence(optionTable[name]));
    }
  });

  it('what editors show: the comments in the table', () => {
    const source = readFileSync(new URL('../../libs/zmq-core/src/socket/option-table.ts', import.meta.url), 'utf8');
    const comments = new Map(
      [...source.matchAll(/\/\*\* (.+) \*\/\n {2}(\w+): \{/g)].map(([, text, name]) => [name, text]),
    );
    for (const row of optionRows()) {
      const name = row[0]!.slice(1, -1) as keyof typeof optionTable;
      expect([name, comments.get(name)]).toEqual([name, commentOf(optionTable[name], lastCell(row))]);
    }
  });

  it('what a socket tells of itself', () => {
    const rows = rowsUnder('property', 'libzmq', 'type', 'sockets', 'what it tells');
    expect(rows.map(others)).toEqual(
      Object.entries<ReadOnlyRow>(readOnlyTable).map(([name, row]) => [
        `\`${name}\``,
        libzmqCell(row),
        row.type,
        socketsCell(row.on, groups),
      ]),
    );
    for (const row of rows) checkRemark(row[0]!, lastCell(row), '');
  });

  it('every option of a context', () => {
    const rows = rowsUnder('option', 'libzmq', 'type', 'default', 'range', 'unit', 'what it does');
    expect(rows.map(others)).toEqual(
      Object.entries<ContextOptionRow>(contextOptionTable).map(([name, row]) => [
        `\`${name}\``,
        `${libzmqCell(row)}${row.access === 'read-only' ? ', read-only' : ''}`,
        typeCell(row),
        `\`${defaultCell(row)}\``,
        rangeCell(row),
        row.unit ?? '–',
      ]),
    );
    for (const row of rows) {
      const name = row[0]!.slice(1, -1) as keyof typeof contextOptionTable;
      checkRemark(name, lastCell(row), effectSentence(contextOptionTable[name]));
    }
  });

  it('every option of libzmq once, be it a property or not', () => {
    const elsewhere = rowsUnder('libzmq', 'what there is').flatMap(([cell]) => cell!.split(', '));
    const shown = Object.values<{ id: number; zmq?: string }>({ ...optionTable, ...readOnlyTable })
      .filter(({ zmq }) => zmq !== undefined)
      .map(libzmqName)
      .concat(elsewhere);
    const numbers = shown.map((name) => Number(/^[A-Z0-9_]+ (\d+)$/.exec(name)?.[1]));
    expect(numbers.sort((a, b) => a - b)).toEqual(libzmqNumbers());
  });
});

function libzmqName({ id, zmq }: { id: number; zmq?: string }): string {
  return `${zmq} ${id}`;
}

/** The numbers of `zmq.h` and `zmq_draft.h`, 4.3.5: these from 4 to 124, without those that were never or are no longer given. */
function libzmqNumbers(): number[] {
  const free = [10, 20, 26, 29, 30, 67, 70, 82, 83];
  return Array.from({ length: 121 }, (_, i) => i + 4).filter((number) => !free.includes(number));
}

describe('the reader of the page', () => {
  it('finds tables, their headings and cells', () => {
    const page = '# A\n\n| x | y |\n| - | --- |\n| 1 | `2` |\n\n## B\n\n| z |\n|---|\n';
    const expected: Table[] = [
      { heading: 'A', header: ['x', 'y'], rows: [['1', '`2`']] },
      { heading: 'B', header: ['z'], rows: [] },
    ];
    expect(tablesOf(page)).toEqual(expected);
  });
});
