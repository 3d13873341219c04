import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/*
 * The members of every class of npm `zeromq` and of the built drop-in entries, read from
 * both at run time, so that they cannot drift apart.
 */

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Member → what it is: `method`, `get`, `set`, or `get set`. */
type Members = Record<string, string>;
interface Class {
  /** On the prototype of the class itself. */
  readonly own: Members;
  /** Of the instances, wherever it is. */
  readonly all: Members;
  readonly parent: string;
  readonly parameters: number;
}
type Surface = Record<string, Class>;

const reflect = `
  const kind = ({ get, set, value }) => [get && 'get', set && 'set', typeof value === 'function' && 'method'].filter(Boolean).join(' ');
  const members = (prototype) => Object.fromEntries(Reflect.ownKeys(prototype).map((key) => [String(key), kind(Object.getOwnPropertyDescriptor(prototype, key))]).sort());
  const all = (prototype) => prototype === Object.prototype ? {} : { ...all(Object.getPrototypeOf(prototype)), ...members(prototype) };
  const surface = (names) => Object.fromEntries(names.flatMap((name) => Object.entries(require(name))).filter(([key, it]) => typeof it === 'function' && it.prototype && key !== 'curveKeyPair')
    .map(([key, it]) => [key, { own: members(it.prototype), all: all(it.prototype), parent: Object.getPrototypeOf(it).name, parameters: it.length }]));
`;

async function surfaceOf(...names: string[]): Promise<Surface> {
  const program = `${reflect} process.stdout.write(JSON.stringify(surface(${JSON.stringify(names)})), () => process.exit(0));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--no-warnings', '-e', program], { cwd: root });
  return JSON.parse(stdout) as Surface;
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

/**
 * npm has these methods on every socket, where they wait for ever when the type cannot do
 * it; here each is on the classes that can.
 */
const methodsByType = new Map<string, readonly string[]>([
  ['send', [...sending, ...draftSending]],
  ['receive', [...receiving, ...draftReceiving]],
  ['Symbol(Symbol.asyncIterator)', [...receiving, ...draftReceiving]],
  ['join', ['Dish']],
  ['leave', ['Dish']],
]);

let npm: Surface;
let ours: Surface;

beforeAll(async () => {
  npm = await surfaceOf('zeromq', 'zeromq/draft.js');
  ours = await surfaceOf('@nest-zmq/core/zeromq', '@nest-zmq/core/zeromq/draft');
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
