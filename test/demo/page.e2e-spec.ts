import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { DemoProcess } from './demo-process.js';

/*
 * The gateway's page, in a browser as people see it. playwright-core brings none: it takes the system's, or the one that
 * `CHROMIUM` names.
 */
const places = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = places.find((path) => path !== undefined && existsSync(path));
if (executablePath === undefined) {
  process.stderr.write("note: tests of the demo's page are skipped: there is no Chromium, and CHROMIUM names none\n");
}

const errors: string[] = [];
const servers: DemoProcess[] = [];
let browser: Browser;
let page: Page;

/** The latest line of what was done. */
async function click(what: string): Promise<string> {
  const lines = page.locator('#log li');
  const before = (await lines.count()) === 0 ? null : await lines.first().textContent();
  await page.click(`[data-do=${what}]`);
  await page.waitForFunction((old) => document.querySelector('#log li')?.textContent !== (old ?? undefined), before);
  return (await lines.first().textContent())!;
}

/** The table of servers, as text. */
async function rows(): Promise<string[]> {
  return page.locator('#servers tr').allTextContents();
}

(executablePath === undefined ? describe.skip : describe)("the demo's page", () => {
  beforeAll(async () => {
    const [, ready] = await DemoProcess.start('gateway', { PORT: '0', CLUSTER_PORT: '0' });
    for (const name of ['game-1', 'game-2']) {
      const [server] = await DemoProcess.start('worker', { SERVER_NAME: name, GATEWAY: ready['gateway']! });
      servers.push(server);
    }
    // tests may run as root, which Chromium's sandbox does not
    browser = await chromium.launch({ executablePath: executablePath!, args: ['--no-sandbox', '--disable-gpu'] });
    page = await browser.newPage();
    page.on('pageerror', ({ message }) => errors.push(message));
    page.on('console', (line) => line.type() === 'error' && errors.push(line.text()));
    await page.goto(ready['http']!);
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    DemoProcess.killAll();
  });

  it('lists the servers, and says whether they answer', async () => {
    await page.waitForFunction(() => document.querySelectorAll('#servers tr td:nth-child(8)').length === 2);
    expect((await rows()).map((row) => row.slice(0, 6))).toEqual(['game-1', 'game-2']);
    // It may have asked before the second was there.
    await page.waitForFunction(
      () => document.querySelector('#health')?.textContent === 'Healthy: 2 of 2 servers answer',
    );
    expect(await page.getAttribute('#health', 'class')).toBe('up');
  });

  it('does what its buttons say', async () => {
    expect(await click('join')).toMatch(/^\w+ \w+ plays on game-[12] \([\d.]+ ms\)$/);
    expect(await click('crowd')).toMatch(/^100 calls in \d+ ms: game-1 50, game-2 50$/);
    expect(await click('match')).toMatch(/^\w+ \w+ beat \w+ \w+ 3:[012], played on game-[12]$/);
    expect(await click('announce')).toMatch(/^All servers are told: It is /);
  });

  it('counts them, from the metrics of the cluster', async () => {
    const all = { calls: '103', tasks: '1', events: '4', matches: '1' };
    await page.waitForFunction(
      (wanted) => Object.entries(wanted).every(([id, text]) => document.getElementById(id)?.textContent === text),
      all,
    );
    expect(await page.textContent('#time')).toMatch(/^\d+\.\d\d ms$/);
  });

  it('notices who leaves, without an error of its own', async () => {
    await servers[1]!.stop();
    await page.waitForFunction(() => document.querySelectorAll('#servers tr').length === 1);
    expect(errors).toEqual([]);
  });
});
