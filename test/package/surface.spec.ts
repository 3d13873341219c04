import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { differences } from '../interop/differences.js';

/*
 * The members of everything that npm `zeromq` and the built drop-in entries export, read
 * from both at run time, so that they cannot drift apart.
 */

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Member → what it is: `method`, `get`, `set`, or `get set`. */
type Members = Record<string, string>;
interface Class {
  /** On the prototype of the class itself. */
  readonly own: Members;
  /** Of the instances, wherever it is. */
  readonly all: Members;
  readonly statics: Members;
  /** Member → how many parameters; only of what is not native code, which never tells. */
  readonly arities: Record<string, number>;
  readonly parent: string;
  readonly parameters: number;
}
type Surface = Record<string, Class>;
type Kinds = Record<string, string>;

const reflect = `
  const kind = ({ get, set, value }) => [get && 'get', set && 'set', typeof value === 'function' && 'method'].filter(Boolean).join(' ');
  const described = (object) => Reflect.ownKeys(object).map((key) => [String(key), Object.getOwnPropertyDescriptor(object, key)]);
  const members = (object) => Object.fromEntries(described(object).map(([key, it]) => [key, kind(it)]).sort());
  const isEnd = (prototype) => prototype === Object.prototype || prototype === require('node:events').prototype;
  const all = (prototype) => isEnd(prototype) ? {} : { ...all(Object.getPrototypeOf(prototype)), ...members(prototype) };
  const statics = (it) => Object.fromEntries(Object.entries(members(it)).filter(([key]) => !['length', 'name', 'prototype', 'arguments', 'caller'].includes(key)));
  const isNative = (it) => Function.prototype.toString.call(it).includes('[native code]');
  const arities = (prototype) => Object.fromEntries(described(prototype)
    .filter(([, { value }]) => typeof value === 'function' && !isNative(value)).filter(([key]) => key !== 'constructor').map(([key, { value }]) => [key, value.length]).sort());
  const exported = (names) => names.flatMap((name) => Object.entries(require(name)));
  const isClass = (it, key) => typeof it === 'function' && /^[A-Z]/.test(key);
  const surface = (names) => Object.fromEntries(exported(names).filter(([key, it]) => isClass(it, key)).map(([key, it]) => [key, {
    own: members(it.prototype), all: all(it.prototype), statics: statics(it), arities: arities(it.prototype),
    parent: Object.getPrototypeOf(it).name, parameters: it.length }]));
  const kinds = (names) => Object.fromEntries(exported(names).map(([key, it]) => [key, isClass(it, key) ? 'class' : typeof it]).sort());
`;

async function read<Result>(what: 'surface' | 'kinds', ...names: string[]): Promise<Result> {
  const program = `${reflect} process.stdout.write(JSON.stringify(${what}(${JSON.stringify(names)})), () => process.exit(0));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--no-warnings', '-e', program], { cwd: root });
  return JSON.parse(stdout) as Result;
}

const sending = [
  'Pair',
  'Publisher',
  'Request',
  'Reply',
  'Dealer',
  'Router',
  'Push',
  'XPublisher',
  'XSubscriber',
  'Stream',
];
const receiving = [
  'Pair',
  'Subscriber',
  'Request',
  'Reply',
  'Dealer',
  'Router',
  'Pull',
  'XPublisher',
  'XSubscriber',
  'Stream',
];
const draftSending = ['Server', 'Client', 'Radio', 'Scatter', 'Datagram'];
const draftReceiving = ['Server', 'Client', 'Dish', 'Gather', 'Datagram'];

/** Which of the methods that npm has on every socket are on which class here. */
const methodsByType = new Map<string, readonly string[]>([
  ['send', [...sending, ...draftSending]],
  ['receive', [...receiving, ...draftReceiving]],
  ['Symbol(Symbol.asyncIterator)', [...receiving, ...draftReceiving]],
  ['join', ['Dish']],
  ['leave', ['Dish']],
]);

let npm: Surface;
let ours: Surface;
let npmV5: Surface;
let oursV5: Surface;

beforeAll(async () => {
  npm = await read('surface', 'zeromq', 'zeromq/draft.js');
  ours = await read('surface', '@nest-zmq/core/zeromq', '@nest-zmq/core/zeromq/draft');
  npmV5 = await read('surface', 'zeromq/v5-compat.js');
  oursV5 = await read('surface', '@nest-zmq/core/zeromq/v5-compat');
});

it('lists the methods that are not on all classes with the other differences', () => {
  const listed = differences.filter(({ topic }) => topic === 'surface');
  const isListed = (method: string): boolean => listed.some(({ names }) => names.test(method));
  expect([...methodsByType.keys()].filter((method) => !isListed(method))).toEqual([]);
});

it.each([
  ['zeromq', '@nest-zmq/core/zeromq'],
  ['zeromq/draft.js', '@nest-zmq/core/zeromq/draft'],
  ['zeromq/v5-compat.js', '@nest-zmq/core/zeromq/v5-compat'],
])('what %s exports is of the same kinds in %s', async (theirs, name) => {
  const expected = await read<Kinds>('kinds', theirs);
  expect(Object.keys(expected).length).toBeGreaterThan(5);
  expect(await read<Kinds>('kinds', name)).toEqual(expected);
});

it('has the same classes, of the same parents', () => {
  const parents = (surface: Surface): object =>
    Object.fromEntries(Object.entries(surface).map(([name, { parent }]) => [name, parent]));
  expect(parents(ours)).toEqual(parents(npm));
  expect(Object.keys(npm)).toHaveLength(23);
});

it.each(['Context', 'Observer', 'Proxy'])('%s has the same members', (name) => {
  expect(ours[name]!.own).toEqual(npm[name]!.own);
});

it('Socket has the same members, without those that only some types can', () => {
  const expected = Object.entries(npm['Socket']!.own).filter(([name]) => !methodsByType.has(name));
  expect(ours['Socket']!.own).toEqual(Object.fromEntries(expected));
});

it('has the same static members', () => {
  const statics = (surface: Surface): object =>
    Object.fromEntries(Object.entries(surface).map(([name, its]) => [name, its.statics]));
  expect(statics(ours)).toEqual(statics(npm));
});

it('methods of the socket types have as many parameters', () => {
  const arities = (surface: Surface): object => {
    const types = Object.entries(surface).filter(([, { parent }]) => parent === 'Socket');
    return Object.fromEntries(
      types.map(([name, its]) => [
        name,
        Object.fromEntries(Object.entries(its.arities).filter(([method]) => !methodsByType.has(method))),
      ]),
    );
  };
  expect(npm['Router']!.arities).toMatchObject({ connect: 1 });
  expect(arities(ours)).toEqual(arities(npm));
});

it.each([...new Set([...sending, ...receiving, ...draftSending, ...draftReceiving])])(
  '%s has the same options and methods',
  (name) => {
    const can = (method: string): boolean => methodsByType.get(method)?.includes(name) ?? true;
    expect(ours[name]!.all).toEqual(
      Object.fromEntries(Object.entries(npm[name]!.all).filter(([member]) => can(member))),
    );
    const optionsOf = ({ own }: Class): Members =>
      Object.fromEntries(Object.entries(own).filter(([member]) => !methodsByType.has(member)));
    expect(optionsOf(ours[name]!)).toEqual(optionsOf(npm[name]!));
    expect(ours[name]!.parameters).toBe(npm[name]!.parameters);
  },
);

describe('of zeromq/v5-compat', () => {
  /** What begins with an underscore was never for anybody else, but for the short options. */
  const isPublic = (member: string): boolean => !['_recv', '_send'].includes(member);
  const publicOf = (members: Members | Record<string, number>): object =>
    Object.fromEntries(Object.entries(members).filter(([member]) => isPublic(member)));

  it.each(['Context', 'Socket'])('%s has the same members', (name) => {
    const [their, our] = [npmV5[name]!, oursV5[name]!];
    expect({ ...our, own: publicOf(our.own) }).toEqual({
      ...their,
      own: publicOf(their.own),
      all: publicOf(their.all),
      arities: publicOf(their.arities),
    });
  });
});
