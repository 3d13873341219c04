import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const src = `${root}libs/zmq-core/src/`;
const text = readFileSync(`${root}libs/zmq-core/PROTOCOL.md`, 'utf8');

const named = [...text.matchAll(/`([^`\s]+\.ts)`/g)].map(([, file]) => file!);
const pathOf = (file: string): string => (file.startsWith('test/') ? root : src) + file;

/** Number of the RFC, section or socket type, place. */
const ID = /\b(?:23|24|25|26|27|28|29|30|31|32|37|41|48)-[A-Z]+-\d+\b/g;

/**
 * How many clauses there are: of a list of 27 to 32, 41 and 48 all its bullets, of a section of
 * 37/ZMTP its sentences with MUST, SHALL and SHOULD (of 23/ZMTP those that differ).
 */
const CLAUSES: Readonly<Record<string, number>> = {
  '23-NULL': 4, '23-PUBSUB': 2, '23-VERSION': 1,
  '24-PLAIN': 6,
  '25-CURVE': 2,
  '26-ERROR': 2, '26-FLOW': 4, '26-HELLO': 14, '26-INITIATE': 12, '26-MESSAGE': 5, '26-READY': 8, '26-WELCOME': 8,
  '27-ARCH': 7, '27-CURVE': 2, '27-FIELD': 8, '27-NULL': 2, '27-PLAIN': 2, '27-PROXY': 5, '27-REPLY': 7, '27-REQUEST': 9,
  '27-SOCKET': 4,
  '28-DEALER': 13, '28-REP': 14, '28-REQ': 10, '28-ROUTER': 14,
  '29-PUB': 14, '29-SUB': 11, '29-XPUB': 17, '29-XSUB': 17,
  '30-PULL': 8, '30-PUSH': 11,
  '31-PAIR': 12,
  '32-CODEC': 6,
  '37-BEAT': 7, '37-COMPAT': 3, '37-ERROR': 4, '37-FRAME': 2, '37-ID': 3, '37-MECH': 7, '37-META': 4, '37-MSG': 1,
  '37-NULL': 11, '37-PATTERN': 9, '37-PUBSUB': 6, '37-RADIO': 3, '37-RESOURCE': 3, '37-SAFE': 3, '37-SEC': 3,
  '37-SOCKET': 7, '37-TOPOLOGY': 1, '37-TYPE': 3, '37-VERSION': 8, '37-WIRE': 4,
  '41-CLIENT': 13, '41-SERVER': 15,
  '48-DISH': 14, '48-GROUP': 2, '48-RADIO': 16,
}; // prettier-ignore

interface Rule {
  readonly row: string;
  readonly ids: readonly string[];
  readonly specs: readonly string[];
  /** "later" or "declined", with a reason. */
  readonly excused: boolean;
}

const rules: readonly Rule[] = text
  .split('\n')
  .filter((line) => /^\| .+\|.+\|.+\|$/.test(line) && line.split('|').length === 5)
  .filter((row) => !/^\| (rule +|-+) \|/.test(row))
  .map((row) => ({
    row,
    ids: row.match(ID) ?? [],
    specs: [...row.matchAll(/`([^`\s]+\.spec\.ts)`/g)].map(([, file]) => file!),
    excused: /\| (later|declined): \S/.test(row),
  }));

/** Ids in what the spec names its tests: in its string literals, not in its comments. */
function idsOfTitles(path: string): Set<string> {
  const code = readFileSync(path, 'utf8').replace(/^\s*(\/\/|\/?\*).*$/gm, '');
  return new Set(code.match(ID) ?? []);
}

function specsBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.spec.ts'))
    .map((file) => directory + file);
}

describe('the rule map', () => {
  it('names files that exist', () => {
    expect(named.filter((file) => !existsSync(pathOf(file)))).toEqual([]);
    expect(named.length).toBeGreaterThan(50);
  });

  it.each(['wire', 'mechanism', 'connection', 'zap'])('names every file of %s/', (folder) => {
    const files = readdirSync(src + folder).filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'));
    expect(files.map((file) => `${folder}/${file}`).filter((file) => !named.includes(file))).toEqual([]);
  });

  it('has a spec, or a reason, in every row of a rule', () => {
    expect(rules.filter(({ specs, excused }) => specs.length === 0 && !excused)).toEqual([]);
    expect(rules.length).toBeGreaterThan(150);
  });

  it('has every clause once', () => {
    const expected = Object.entries(CLAUSES).flatMap(([section, count]) =>
      Array.from({ length: count }, (_, i) => `${section}-${i + 1}`),
    );
    expect(rules.flatMap(({ ids }) => ids).toSorted()).toEqual(expected.toSorted());
  });

  it('names for each clause a spec with a test of it', () => {
    const untested = rules
      .filter(({ excused }) => !excused)
      .flatMap(({ ids, specs }) => {
        const titles = new Set(specs.flatMap((spec) => [...idsOfTitles(pathOf(spec))]));
        return ids.filter((id) => !titles.has(id));
      });
    expect(untested).toEqual([]);
  });

  it('has every clause that a test names', () => {
    const known = new Set(rules.flatMap(({ ids, excused }) => (excused ? [] : ids)));
    const specs = [...specsBelow(src), ...specsBelow(`${root}test/conformance/`), ...specsBelow(`${root}test/behaviour/`)];
    const unknown = specs.flatMap((spec) => [...idsOfTitles(spec)].filter((id) => !known.has(id)));
    expect(unknown).toEqual([]);
  }); // prettier-ignore
});
