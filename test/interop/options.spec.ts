import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { jest } from '@jest/globals';
import * as core from '@nest-zmq/core';
import { type SocketTypeName, socketTypes } from '../../libs/zmq-core/src/foundation/socket-type.js';
import {
  type ContextOptionName,
  contextOptionNames,
  contextRowOf,
} from '../../libs/zmq-core/src/socket/context-option-table.js';
import type { OptionKind } from '../../libs/zmq-core/src/socket/option-row.js';
import {
  type OptionName,
  optionNames,
  optionTable,
  readOnlyTable,
  rowOf,
} from '../../libs/zmq-core/src/socket/option-table.js';
import { differences } from './differences.js';
import { libraries } from './libzmq-peer.js';

/** A value, as JSON or as bytes in hexadecimal. */
type Value = { readonly json: unknown } | { readonly bytes: string };

interface Case {
  readonly type: number | 'context';
  readonly name: OptionName | ContextOptionName;
  readonly id: number;
  /** What zeromq.js calls the type of the value, where it has no property for the option. */
  readonly by: string;
  /** Without it the option is only read. */
  readonly value?: Value;
}

const numbers = [-100, -3, -2, -1, 0, 1, 2, 3, 4, 7, 8, 99, 100, 299, 6553599, 6553600, 2147483647];
const json = (...values: readonly unknown[]): Value[] => values.map((value) => ({ json: value }));
const bytes = (...values: readonly Buffer[]): Value[] => values.map((value) => ({ bytes: value.toString('hex') }));
const texts = [
  ...json(null, '', 'a', 'host:1080', '10.0.0.0/8', '10.0.0.0/33', 'lo', 5, true),
  ...json('x'.repeat(15), 'x'.repeat(16), 'x'.repeat(255), 'x'.repeat(256)),
  ...bytes(Buffer.from('bytes'), Buffer.alloc(32, 1)),
];

const kinds: Record<OptionKind, { by: string; values: readonly Value[] }> = {
  int: { by: 'Int32', values: json(...numbers, 1.9, '1', true, null) },
  mask: { by: 'Uint64', values: json(0, 1, 255, 2 ** 32, -1, '1', null) },
  bool: { by: 'Bool', values: json(true, false, 0, 1, 'true', null) },
  text: { by: 'String', values: texts },
  name: { by: 'String', values: texts },
  bytes: { by: 'String', values: texts },
  key: { by: 'String', values: [...texts, ...json('rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7', '_'.repeat(40))] },
  filters: { by: 'String', values: texts },
  id: { by: 'Int32', values: json(0, 1, 1000, '1') },
  fraction: { by: 'Int32', values: [] },
  verbosity: { by: 'Bool', values: json(null, 'allSubs', 'allSubsUnsubs') },
  // libzmq takes them one by one, as text.
  metadata: { by: 'String', values: [] },
};

function caseOf(name: OptionName, type: SocketTypeName, value?: Value): Case {
  const { id, kind } = rowOf(name);
  return { type: socketTypes[type].id, name, id, by: kinds[kind].by, ...(value && { value }) };
}

const shared = optionNames.filter((name) => rowOf(name).zmq !== undefined);
const defaults = shared.flatMap((name) => rowOf(name).on.map((type) => caseOf(name, type)));
const writes = shared.flatMap((name) =>
  kinds[rowOf(name).kind].values.map((value) => caseOf(name, rowOf(name).on[0]!, value)),
);

const ofContexts = contextOptionNames.flatMap((name): Case[] => {
  const { id, kind, access } = contextRowOf(name);
  const { by, values } = kinds[kind];
  const read: Case = { type: 'context', name, id, by };
  // That one cannot be set.
  return access === 'read-only' ? [read] : [read, ...values.map((value) => ({ ...read, value }))];
});

const classes = new Map(
  Object.values(core)
    .filter((value) => typeof value === 'function' && value.prototype instanceof core.Socket)
    .map((value) => {
      const socketClass = value as new () => core.Socket;
      const socket = new socketClass();
      socket.close();
      return [socket.type, socketClass];
    }),
);

/** In the words of options-probe.mjs. */
function ours({ type, name, value }: Case): string {
  const made = type === 'context' ? new core.Context() : new (classes.get(type)!)();
  const socket = made as unknown as Record<string, unknown>;
  try {
    if (value !== undefined) socket[name] = 'bytes' in value ? Buffer.from(value.bytes, 'hex') : value.json;
    return `ok: ${JSON.stringify(socket[name])}`;
  } catch (error) {
    return error instanceof TypeError ? 'TypeError' : (error as core.ZmqError).code;
  } finally {
    if (made instanceof core.Socket) made.close();
  }
}

function theirs(cases: readonly Case[]): string[] {
  const probe = fileURLToPath(new URL('./options-probe.mjs', import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--no-warnings', probe], {
    input: JSON.stringify(cases),
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return JSON.parse(stdout) as string[];
}

const listed = differences.filter(({ topic }) => topic === 'own options');

/** What differs, by the names that the list has for it. */
function different(cases: readonly Case[], answers: readonly string[]): string[] {
  return cases.flatMap((test, i) => {
    const [mine, other] = [ours(test), answers[i]!];
    // What libzmq does not tell cannot be compared.
    if (mine === other || (other === 'ok' && mine.startsWith('ok'))) return [];
    return [`${test.name}: ${mine}, not ${other}`];
  });
}

/** What differs, and is not in the list of what is meant to. */
function surprises(cases: readonly Case[], answers: readonly string[]): string[] {
  return different(cases, answers).filter((name) => !listed.some(({ names }) => names.test(name)));
}

const [npm, python] = libraries;
const usable = npm!.missing === undefined && npm!.withoutDrafts === undefined;

(usable ? describe : describe.skip)('options here and in npm zeromq', () => {
  let warn: ReturnType<typeof jest.spyOn>;
  let answers: readonly string[];

  beforeAll(() => {
    warn = jest.spyOn(process, 'emitWarning').mockReturnValue();
    answers = theirs([...defaults, ...writes, ...ofContexts]);
  });

  afterAll(() => warn.mockRestore());

  it('have the same defaults', () => {
    expect(surprises(defaults, answers)).toEqual([]);
  });

  it('take and refuse the same values', () => {
    expect(surprises(writes, answers.slice(defaults.length, -ofContexts.length))).toEqual([]);
    expect(writes.length).toBeGreaterThan(1000);
  });

  it('of contexts have the same defaults, and take and refuse the same values', () => {
    expect(surprises(ofContexts, answers.slice(-ofContexts.length))).toEqual([]);
  });

  it('differ on purpose where they are said to differ', () => {
    const found = different([...defaults, ...writes, ...ofContexts], answers);
    // A difference that is none any more is to be taken off the list.
    expect(listed.filter(({ names }) => !found.some((name) => names.test(name)))).toEqual([]);
    expect(listed).not.toEqual([]);
  });
});

(python!.missing === undefined ? describe : describe.skip)('the numbers of options', () => {
  it('are those that python3-zmq has for their names', () => {
    const code =
      'import json, zmq; print(json.dumps({name: int(getattr(zmq, name)) for name in dir(zmq) if name.isupper() and isinstance(getattr(zmq, name), int)}))';
    const { stdout } = spawnSync(python!.command, ['-c', code], { encoding: 'utf8' });
    const known = JSON.parse(stdout) as Record<string, number>;
    const rows = [...Object.values<{ id: number; zmq?: string }>(optionTable), ...Object.values(readOnlyTable)];
    const found = rows.filter(({ zmq }) => zmq !== undefined && zmq in known);
    expect(found.map(({ zmq, id }) => [zmq, id])).toEqual(found.map(({ zmq }) => [zmq, known[zmq!]]));
    // Older ones have not heard of the latest.
    expect(found.length).toBeGreaterThan(60);
  });
});
