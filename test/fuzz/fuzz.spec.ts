import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Dice } from '../support/dice.js';
import { Campaign } from './campaign.js';
import { foundSessions, keepFinding, keptSessions, parseSession } from './corpus.js';
import { Mutator } from './mutator.js';
import { Broken, hold, type Target } from './target.js';
import { stopWatching } from './targets/allocations.js';
import { allTargets } from './targets/index.js';
import { messagesOf } from './targets/record.js';
import { keptSessionOf, recordSession, targetOf } from './targets/secured.js';
import { fixedKeys, mechanismNames, type Role, securedSides } from './targets/secured-sides.js';

/*
 * A short run of the fuzzer, the same each time, over everything that takes bytes of a peer.
 * `npm run test:fuzz` goes on for as long as it is let.
 */

const SEED = 20_261_121;
const INPUTS = 500;

const targets = await allTargets();
afterAll(async () => {
  stopWatching();
  for (const target of targets) await target.close?.();
});

function describeFindings({ findings }: Campaign): string[] {
  return findings.map(({ seed, index, error, chunks }) => {
    const wire = chunks.map((chunk) => chunk.toString('hex')).join(' ');
    return `seed ${seed}, input ${index}: ${error instanceof Error ? error.stack : String(error)}\n${wire}`;
  });
}

it.each(targets.map((target) => [target.name, target] as const))('%s', async (_, target) => {
  const campaign = new Campaign(target, SEED);
  await campaign.try(0, INPUTS);
  expect(describeFindings(campaign)).toEqual([]);
  expect(campaign.inputs).toBe(INPUTS);
});

it.each(targets.map((target) => [target.name, target] as const))('%s: what is kept, as it is', async (_, target) => {
  const dice = new Dice(1);
  for (const session of target.corpus) {
    await target.run(
      session.filter(({ length }) => length > 0 || target.takesFrames).map((piece) => Buffer.from(piece)),
      dice,
    );
    if (target.takesFrames) continue;
    const whole = Buffer.concat(session);
    await target.run([whole], dice);
    if (whole.length <= 2000)
      await target.run(
        Array.from(whole, (_byte, i) => whole.subarray(i, i + 1)),
        dice,
      );
  }
});

const sides = securedSides(await fixedKeys());

describe('what good peers say, as it is kept', () => {
  const roles: readonly Role[] = ['server', 'client'];
  const both = mechanismNames.flatMap((mechanism) => roles.map((role) => [mechanism, role] as const));

  it.each(both)('%s, to a %s', (mechanism, role) => {
    const own = sides.filter((side) => side.mechanism === mechanism && side.role === role);
    expect(own.map(keptSessionOf)).not.toEqual([]);
    expect(own.map(keptSessionOf)).not.toContain(undefined);
  });

  it.each(sides.map((side) => [side.mechanism, side.role, side.type, side] as const))(
    '%s, to the %s %s: it is let in, all that it says is heard, and it is what is recorded now',
    (mechanism, role, type, side) => {
      const session = keptSessionOf(side)!;
      const lines = targetOf(side, [session]).trace(session.map((piece) => Buffer.from(piece)));
      expect(lines[0]).toMatch(`ready ${side.peerType} `);
      expect(lines.filter((line) => line.startsWith('failed'))).toEqual([]);
      expect(lines.filter((line) => line.startsWith('message'))).toHaveLength(messagesOf(side.peerType).length);
      // Otherwise: npm run test:fuzz -- --record
      expect(session.map(toHex)).toEqual(recordSession(side).map(toHex));
    },
  );

  const toHex = (piece: Buffer): string => piece.toString('hex');
});

describe('the fuzzer itself', () => {
  const corpus = [[Buffer.from('abc'), Buffer.from('def')]];

  it('makes the same inputs of the same seed, and others of another', () => {
    const inputs = (seed: number): string => {
      const dice = new Dice(seed);
      const mutator = new Mutator(dice, corpus);
      return Array.from({ length: 100 }, () => Buffer.concat(mutator.chunks(mutator.session())).toString('hex')).join();
    };
    expect(inputs(1)).toBe(inputs(1));
    expect(inputs(1)).not.toBe(inputs(2));
  });

  it('leaves the corpus as it is', () => {
    const mutator = new Mutator(new Dice(1), corpus);
    for (let i = 0; i < 1000; i++) for (const chunk of mutator.chunks(mutator.session())) chunk.fill(0);
    expect(corpus.flat().map(String)).toEqual(['abc', 'def']);
  });

  it('changes most of its inputs, each kind of place in them', () => {
    const mutator = new Mutator(new Dice(1), corpus);
    const seen = new Set(Array.from({ length: 2000 }, () => Buffer.concat(mutator.session()).toString('latin1')));
    expect(seen.size).toBeGreaterThan(800);
    expect(seen).toContain('abcdef');
    expect(seen).toContain('defabc');
    expect([...seen].some((input) => input.length > 50)).toBe(true);
    expect(seen).toContain('abc');
  });

  it('finds what is wrong, names it, and finds it again by seed and number', async () => {
    const target: Target = {
      name: 'weak',
      corpus,
      run: (chunks) => hold(!Buffer.concat(chunks).includes('abcabc'), 'it is there twice'),
    };
    const campaign = new Campaign(target, 7);
    await campaign.try(0, 10_000);
    expect(campaign.over).toBe(true);
    const [{ index, error, chunks }] = campaign.findings as [Campaign['findings'][number]];
    expect(error).toBeInstanceOf(Broken);
    expect(Buffer.concat(chunks).toString('latin1')).toContain('abcabc');
    const again = new Campaign(target, 7);
    await again.try(index, 1);
    expect(again.findings.map(({ chunks: others }) => others.map(String))).toEqual([chunks.map(String)]);
  });

  it('reads what was kept', () => {
    expect(parseSession('# remark\n00 ff # more\n\n-\n61')).toEqual([
      Buffer.from([0, 0xff]),
      Buffer.alloc(0),
      Buffer.from('a'),
    ]);
    expect(() => parseSession('0')).toThrow('"0" is not hex');
    expect(keptSessions('there is no such kind')).toEqual([]);
    for (const kind of ['zmtp', 'legacy', 'nest']) expect(keptSessions(kind)).not.toEqual([]);
  });

  it('keeps what broke something for the target that it broke', () => {
    const folder = `${mkdtempSync(join(tmpdir(), 'corpus-'))}/`;
    const finding = { seed: 1, index: 2, error: new Broken('it is there twice'), chunks: [Buffer.from('a'), Buffer.alloc(0)] };
    keepFinding({ ...finding, target: 'weak one' }, folder);
    expect(foundSessions('weak one', folder)).toEqual([finding.chunks]);
    expect(foundSessions('weak other', folder)).toEqual([]);
    expect(foundSessions('strong one', folder)).toEqual([]);
    rmSync(folder, { recursive: true });
  }); // prettier-ignore
});
