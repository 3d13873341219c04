import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { differences } from './differences.js';

/*
 * The same programs on npm `zeromq` and on its drop-in entry: what they see must be the
 * same, but for the differences on purpose. Each runs in a process of its own, because a
 * native module may end one.
 */

const root = fileURLToPath(new URL('../..', import.meta.url));
const loader = new URL('../nest/support/ts-loader.mjs', import.meta.url).href;
const program = fileURLToPath(new URL('./drop-in/observe.ts', import.meta.url));

type Seen = Record<string, unknown>;

/** How often libzmq may abort while it is only asked what it does: it races with its own threads at a close. */
const ABORTS = 5;

async function observe(moduleName: string, topic: string, aborts = 0): Promise<Seen> {
  const args = ['--expose-gc', '--import', loader, program, moduleName, topic];
  try {
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root, maxBuffer: 1 << 28 });
    return JSON.parse(stdout) as Seen;
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string };
    const isLibzmq = moduleName === 'zeromq' && /^Assertion failed: .*zeromq.*\.cpp:\d+\)$/m.test(stderr);
    if (!isLibzmq || aborts === ABORTS) throw error;
    process.stderr.write(`note: libzmq has aborted, and is asked again: ${stderr.trim()}\n`);
    return observe(moduleName, topic, aborts + 1);
  }
}

/** Those of `drop-in-processes.spec.ts`, `addresses.spec.ts`, `options.spec.ts` and `test/package/surface.spec.ts`. */
const elsewhere = ['processes', 'endpoints', 'own options', 'surface'];
const topics = [
  'library',
  'construction',
  'options',
  'warnings',
  'numbers',
  'messages',
  'waiting',
  'patterns',
  'unwanted',
  'closing',
  'addresses',
  'events',
  'proxies',
  'memory',
  'drafts',
  'security',
  'scripts',
  'v5',
];

it('lists differences of topics that are looked at only', () => {
  const listed = new Set(differences.map(({ topic }) => topic));
  expect([...listed].filter((topic) => ![...topics, ...elsewhere].includes(topic))).toEqual([]);
});

describe.each(topics)('a program sees the same of %s', (topic) => {
  const expected = differences.filter((difference) => difference.topic === topic);
  let npm: Seen;
  let ours: Seen;

  beforeAll(async () => {
    npm = await observe('zeromq', topic);
    ours = await observe('@nest-zmq/core/zeromq', topic);
  }, 60_000);

  const isListed = (name: string): boolean => expected.some(({ names }) => names.test(name));

  /** By name, npm's first. */
  function different(isMeant: (name: string) => boolean): Seen {
    const names = new Set([...Object.keys(npm), ...Object.keys(ours)]);
    const pairs = [...names].filter(isMeant).map((name) => [name, [npm[name], ours[name]]] as const);
    return Object.fromEntries(pairs.filter(([, [npms, our]]) => JSON.stringify(npms) !== JSON.stringify(our)));
  }

  it('as on npm zeromq', () => {
    expect(Object.keys(npm).length).toBeGreaterThan(5);
    expect(different((name) => !isListed(name))).toEqual({});
  });

  for (const { names, reason, ours: instead } of expected) {
    it(`but ${String(names)}, for ${reason}`, () => {
      const found = Object.keys(different((name) => names.test(name)));
      // A difference that is none any more is to be taken off the list.
      expect(found).not.toEqual([]);
      if (instead !== undefined)
        for (const name of found) expect({ name, seen: ours[name] }).toMatchObject({ name, seen: instead });
    });
  }
});
