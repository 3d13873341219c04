import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addressCases, nameOf } from './address-cases.js';
import { differences } from './differences.js';
import { libraries } from './libzmq-peer.js';

/*
 * What becomes of every kind of endpoint here and in npm zeromq: the same, but for the
 * differences that are listed with their reasons.
 */

const root = fileURLToPath(new URL('../..', import.meta.url));
const loader = new URL('../nest/support/ts-loader.mjs', import.meta.url).href;
const program = fileURLToPath(new URL('./address-probe.ts', import.meta.url));

type Seen = Readonly<Record<string, readonly string[]>>;

/** What a module makes of the cases, by their names. */
async function observe(moduleName: string): Promise<Seen> {
  // Short: paths in it are to have just the longest length that there is.
  const directory = mkdtempSync(join(tmpdir(), 'zmq-a-'));
  const cases = addressCases(directory);
  const seen: string[][] = [];
  try {
    while (seen.length < cases.length) {
      const { lines, failure } = await run(moduleName, directory, seen.length);
      seen.push(...lines);
      // The one that came next has ended the process.
      if (seen.length < cases.length) seen.push([failure]);
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  return Object.fromEntries(cases.map((each, i) => [nameOf(each, directory), seen[i]!]));
}

function run(moduleName: string, directory: string, first: number): Promise<{ lines: string[][]; failure: string }> {
  // In no directory that a case has to do with.
  const file = `${directory}.seen`;
  writeFileSync(file, '');
  const args = ['--import', loader, program, moduleName, directory, String(first), file];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: root }, (error, _stdout, stderr) => {
      const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
      rmSync(file);
      resolve({
        lines: lines.map((line) => JSON.parse(line) as string[]),
        failure: `ends the process: ${stderr.trim().split('\n')[0] ?? error?.message}`,
      });
    });
  });
}

const listed = differences.filter(({ topic }) => topic === 'endpoints');
const [npm] = libraries;

(npm!.missing === undefined ? describe : describe.skip)('endpoints here and in npm zeromq', () => {
  let theirs: Seen;
  let ours: Seen;

  beforeAll(async () => {
    theirs = await observe('zeromq');
    ours = await observe('@nest-zmq/core/zeromq');
  }, 60_000);

  const isListed = (name: string): boolean => listed.some(({ names }) => names.test(name));

  /** By name, theirs first. */
  function different(isMeant: (name: string) => boolean): Record<string, unknown> {
    const names = Object.keys(theirs).filter(isMeant);
    return Object.fromEntries(
      names
        .filter((name) => JSON.stringify(theirs[name]) !== JSON.stringify(ours[name]))
        .map((name) => [name, [theirs[name], ours[name]]]),
    );
  }

  it('are taken, refused and taken back in the same way', () => {
    expect(Object.keys(theirs).length).toBeGreaterThan(250);
    expect(Object.keys(ours)).toEqual(Object.keys(theirs));
    expect(different((name) => !isListed(name))).toEqual({});
  });

  it('of ours end no process', () => {
    expect(Object.values(ours).filter(([first]) => !/^(ok|E[A-Z]+)$/.test(first!))).toEqual([]);
  });

  it.each(listed.map((difference) => [difference.what, difference.reason, difference] as const))(
    'but for %s: %s',
    (_what, _reason, { names, ours: instead }) => {
      const found = Object.keys(different((name) => names.test(name)));
      // A difference that is none any more is to be taken off the list.
      expect(found).not.toEqual([]);
      for (const name of found) expect([name, ours[name]![0]]).toEqual([name, instead]);
    },
  );
});
