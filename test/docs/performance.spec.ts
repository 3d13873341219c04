import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const bench = (file: string) => import(`../../bench/${file}.mjs`);
const { choose } = await bench('choice');
const { evaluate } = await bench('report/evaluate');
const { formatSummary } = await bench('report/summary');
const { formatTable } = await bench('report/table');
const { drawChart } = await bench('report/chart');
const { renderPage } = await bench('report/page');
const { formatProfiles } = await bench('report/profiles');
const { writeDocs } = await bench('report/write-docs');
const { targets } = await bench('targets');
const { scenarios } = await bench('scenarios/index');

const docs = fileURLToPath(new URL('../../docs/', import.meta.url));

type Samples = Record<string, number[]>;

/** A result with the contenders of its first row. */
function result(name: string, rows: Record<string, Samples>, more: object = {}) {
  const ids = Object.keys(Object.values(rows)[0]!);
  return {
    name,
    title: `The title of ${name}`,
    unit: 'messages/s',
    higherIsBetter: true,
    baseline: 'libzmq',
    contenders: ids.map((id) => ({ id, name: `the name of ${id}`, version: '1' })),
    rows: Object.entries(rows).map(([label, samples]) => ({ label, samples })),
    ...more,
  };
}

function run(...results: object[]) {
  const machine = { summary: 'a machine', date: '2026-01-01' };
  return { machine, rounds: 5, results };
}

const rates = result('rates', {
  small: { ours: [28, 30, 40], libzmq: [20, 15, 10] },
  large: { ours: [19, 20, 21], libzmq: [10, 20, 20] },
});
const rate = { text: 'rate', scenario: 'rates', contender: 'ours', against: { contender: 'libzmq' } };

function judge(target: object, ...results: object[]) {
  const [evaluated] = evaluate(run(...results), [target]);
  return evaluated;
}

describe('what the command line asks for', () => {
  const scenarios = {
    topics: { contenders: ['ours', 'libzmq'], cases: [{ label: '1' }, { label: '1,000' }] },
    sizes: { contenders: ['ours', 'npm'], cases: [{ label: '64 B' }] },
  };

  it('is everything, or the named scenarios, contenders and cases, whose labels may have a comma', () => {
    expect(choose(scenarios, [], { rounds: '5' })).toMatchObject({ names: ['topics', 'sizes'], rounds: 5 });
    const { names, only, scenarioOf } = choose(scenarios, ['topics'], {
      rounds: '1',
      only: 'ours,libzmq',
      cases: ['1,000'],
    });
    expect([names, only]).toEqual([['topics'], ['ours', 'libzmq']]);
    expect(scenarioOf('topics')).toEqual({ contenders: ['ours', 'libzmq'], cases: [{ label: '1,000' }] });
  });

  it.each([
    [['speed'], {}, 'No benchmark "speed". There are: "topics", "sizes".'],
    [['topics'], { only: 'ours,npm' }, 'No contender "npm". There are: "ours", "libzmq".'],
    [['sizes'], { cases: ['64'] }, 'No case "64". There are: "64 B".'],
    [[], { rounds: '1.5' }, '--rounds is a number of at least 1, not "1.5".'],
  ])('is refused where there is no such thing: %j %j', (names, values, why) => {
    expect(() => choose(scenarios, names, { rounds: '5', ...values })).toThrow(why);
  });
});

describe('the targets', () => {
  it('name scenarios, cases, contenders and units that the benchmarks have', () => {
    for (const { scenario, cases, contender, against, unit } of targets) {
      const { contenders, cases: known, unit: itsUnit } = scenarios[scenario] ?? fail(`no scenario ${scenario}`);
      const labels = known.map(({ label }: { label: string }) => label);
      expect(labels).toEqual(expect.arrayContaining([...cases, against?.case ?? cases[0]]));
      const others = [against?.contender, against?.relativeTo].filter((id) => id !== undefined);
      expect(contenders).toEqual(expect.arrayContaining([contender, ...others]));
      if (against === undefined) expect(unit).toBe(itsUnit);
    }
  });

  it('are judged by the ratio of the medians, with the least and most of the paired rounds', () => {
    const target = judge({ ...rate, cases: ['small'], atLeast: 2 }, rates);
    expect(target).toMatchObject({ status: 'reached', wanted: 'at least 2×' });
    expect(target.measured).toEqual([
      { label: 'small', status: 'reached', value: 2, least: 1.4, most: 4, text: '2.00×', range: '1.40–4.00×' },
    ]);
  });

  it('are not reached when one case is not, and say which', () => {
    const target = judge({ ...rate, cases: ['small', 'large'], atLeast: 2 }, rates);
    expect(target.status).toBe('NOT reached');
    expect(target.measured.map(({ status }: { status: string }) => status)).toEqual(['reached', 'NOT reached']);
  });

  it('show enough digits not to contradict the verdict', () => {
    const close = result('rates', { small: { ours: [1.998], libzmq: [1] } });
    expect(judge({ ...rate, cases: ['small'], atLeast: 2 }, close).measured[0]).toMatchObject({
      status: 'NOT reached',
      text: '1.9980×',
    });
  });

  it('are not measured without their scenario, contender or case, and say so', () => {
    const target = { ...rate, cases: ['small'], atLeast: 2 };
    expect(judge(target)).toMatchObject({ status: 'not measured', why: ['rates was not run'] });
    const alone = result('rates', { small: { ours: [1] } });
    expect(judge(target, alone)).toMatchObject({ status: 'not measured', why: ['rates was run without libzmq'] });
    expect(judge({ ...target, cases: ['tiny'] }, rates).why).toEqual(['rates has no case “tiny”']);
    const [failed] = evaluate({ ...run(), failed: ['rates'] }, [target]);
    expect(failed.why).toEqual(['rates failed']);
  });

  it('compare what two cases cost, be the figures rates or times', () => {
    const cost = { text: 'cost', contender: 'ours', against: { case: 'few' }, cases: ['many'], atMost: 1.25 };
    const rows = { few: { ours: [100] }, many: { ours: [50] } };
    const asRates = judge({ ...cost, scenario: 'rates' }, result('rates', rows));
    expect(asRates.measured[0]).toMatchObject({ value: 2, status: 'NOT reached' });
    const asTimes = judge({ ...cost, scenario: 'times' }, result('times', rows, { higherIsBetter: false }));
    expect(asTimes.measured[0]).toMatchObject({ value: 0.5, status: 'reached' });
  });

  it('compare what two cases cost with what they cost another contender', () => {
    const target = {
      text: 'cost',
      scenario: 'times',
      contender: 'ours',
      cases: ['many'],
      against: { case: 'few', relativeTo: 'net' },
      atMost: 1.3,
    };
    const rows = { few: { ours: [10], net: [4] }, many: { ours: [30], net: [8] } };
    const times = result('times', rows, { higherIsBetter: false });
    expect(judge(target, times).measured[0]).toMatchObject({ value: 1.5, status: 'NOT reached' });
  });

  it('judge a figure for itself, in its unit', () => {
    const target = { text: 'memory', scenario: 'memory', contender: 'ours', cases: ['one'], unit: 'KB', atMost: 20 };
    const memory = result('memory', { one: { ours: [18, 19, 21] } }, { unit: 'KB', higherIsBetter: false });
    expect(judge(target, memory).measured[0]).toMatchObject({ status: 'reached', text: '19.0 KB' });
  });
});

describe('what the terminal shows', () => {
  it('is one line for a target that is reached, and one for each case otherwise', () => {
    const cases = ['small', 'large'];
    const rows = [
      { ...rate, cases, atLeast: 0.5 },
      { ...rate, cases, atLeast: 1.5 },
    ];
    expect(
      formatSummary(evaluate(run(rates), rows), 3)
        .split('\n')
        .slice(2),
    ).toEqual([
      '✔ reached       rate, at least 0.5×: small: 2.00×, large: 1.00×',
      '✘ NOT reached   rate, at least 1.5×',
      '                  small        2.00× (1.40–4.00×) reached',
      '                  large        1.00× (1.00–1.90×) NOT reached',
    ]);
  });

  it('fits seven contenders into 140 columns', () => {
    const ids = ['ours', 'ours-promises', 'libzmq', 'npm', 'net', 'ours→libzmq', 'libzmq→ours'];
    const samples = Object.fromEntries(ids.map((id) => [id, [114_713_548, 114_813_548, 994_713_548]]));
    const lines = formatTable(result('wide', { '16384 B': samples })).split('\n');
    expect(Math.max(...lines.map((line: string) => line.length))).toBeLessThanOrEqual(140);
  });
});

describe('a chart', () => {
  it('has a title, a description with the figures, a bar for each, and no open tag', () => {
    const svg: string = drawChart({ ...rates, title: 'A < B & "C"' });
    expect(svg).toContain('<title id="title">A &#60; B &#38; &#34;C&#34;</title>');
    expect(svg).toContain('small: ours 30.0 (2.00×), libzmq 15.0; large: ours 20.0 (1.00×), libzmq 20.0.');
    expect(svg.match(/<rect class="bar"/g)).toHaveLength(4 + 2);
    for (const tag of ['svg', 'title', 'desc', 'style', 'text', 'tspan']) {
      expect(svg.split(`<${tag}`).length).toBe(svg.split(`</${tag}>`).length);
    }
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('is logarithmic only when a bar would hardly be seen, and says so', () => {
    expect(drawChart(rates)).not.toContain('logarithmic');
    expect(drawChart(result('far', { a: { ours: [1], libzmq: [1_000] } }))).toContain('logarithmic');
    expect(drawChart(result('none', { a: { ours: [0], libzmq: [1_000] } }))).not.toContain('logarithmic');
  });

  it('gives a contender one colour, whoever else is there', () => {
    const colour = (svg: string) => /fill="(#\w+)"\/>\s*<text[^>]*>libzmq:/.exec(svg)?.[1];
    const alone = colour(drawChart(result('alone', { a: { libzmq: [1] } })));
    expect(alone).toBeDefined();
    expect(colour(drawChart(rates))).toBe(alone);
  });
});

describe('the page', () => {
  it('fills its template, shows every scenario, and takes the notes word for word', () => {
    const page: string = renderPage(run(rates), 'Because it is **hard**.');
    expect(page).not.toMatch(/\{\{|undefined|NaN/);
    expect(page).toContain('### rates\n\nThe title of rates.');
    expect(page).toContain('(performance/rates.svg)');
    expect(page).toContain('The ratios are to `libzmq`. Medians of 3 rounds.');
    expect(page).toContain('| small | 30.0<br>**2.00×**<br>28.0–40.0 | 15.0<br>10.0–20.0 |');
    expect(page).toContain('## What is not reached, and why\n\nBecause it is **hard**.\n');
    expect(renderPage(run(rates))).not.toContain('and why');
  });

  it('warns of too few rounds', () => {
    expect(renderPage(run(rates))).not.toContain('too few');
    expect(renderPage({ ...run(rates), rounds: 3 })).toContain('**That is too few to rely on.**');
  });

  it('in docs/, if it is there, is what its results say: no figure is typed by hand', async () => {
    const results = join(docs, 'performance', 'results.json');
    const folder = mkdtempSync(join(tmpdir(), 'performance-'));
    try {
      await writeDocs(JSON.parse(readFileSync(results, 'utf8')), folder);
      expect(filesOf(docs)).toEqual(filesOf(folder));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** The page and its charts, by name. */
function filesOf(folder: string): Record<string, string> {
  const names = ['performance.md', ...readdirSync(join(folder, 'performance')).map((name) => `performance/${name}`)];
  return Object.fromEntries(names.sort().map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

function fail(why: string): never {
  throw new Error(why);
}

describe('formatProfiles', () => {
  const callFrame = (functionName: string, url: string) => ({ functionName, url, lineNumber: 6 });
  const profile = (...timeDeltas: number[]) => ({
    nodes: [
      { id: 1, callFrame: callFrame('(idle)', '') },
      { id: 2, callFrame: callFrame('trySend', 'file:///x/libs/zmq-core/dist/shared/sockets.js') },
      { id: 3, callFrame: callFrame('write', 'node:net') },
    ],
    samples: [3, 1, 2, 2],
    timeDeltas,
    endTime: 10_000_000,
  });

  it('tells whose code the end of a process ran, of its last profile', () => {
    const folder = mkdtempSync(join(tmpdir(), 'profiles-'));
    try {
      const files = {
        'ours.a.client-1.cpuprofile': profile(1, 1, 1, 1),
        'ours.a.client-2.cpuprofile': profile(5e6, 250_000, 500_000, 250_000),
      };
      for (const [index, [file, content]] of Object.entries(files).entries()) {
        writeFileSync(join(folder, file), JSON.stringify(content));
        utimesSync(join(folder, file), index + 1, index + 1);
      }
      const text = formatProfiles(folder, 1);
      expect(text).toContain('ours.a.client, the last 1.0 s');
      expect(text).toContain('75.0 %  this library');
      expect(text).toContain('25.0 %  sleeping');
      expect(text).toContain('75.0 %  trySend shared/sockets.js:7');
      expect(text).not.toContain('Node');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
