import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Report } from '../../src/model/report.js';
import { html } from '../../src/report/html/page.js';
import { junit } from '../../src/report/junit.js';
import { runScenario } from '../../src/run/run-scenario.js';
import { readScenario } from '../../src/run/scenario-file.js';
import { drilledReport } from '../report/drilled-report.js';
import { comparison, emptyRun, hostileReport, report, rounds, threshold } from '../report/fixture.js';
import { describeWithChromium, launchChromium } from './chromium.js';

const scenario = `
lab:
  balancer: embedded
  servers: [127.0.0.1:18711 weight=3, 127.0.0.1:18712 weight=2, 127.0.0.1:18713]
  backend: { latency: 2ms, jitter: 1ms }
algorithms: [round_robin, least_conn, "hash $request_uri consistent", "random two least_conn"]
load: { requests: 400, concurrency: 8 }
requests: [{ name: chat, path: "/chat?user={1..50}" }, { name: completions, method: POST, path: /completions, text: once }]
thresholds: ["skew < 5%", "p99 < 5s"]
`;

/** Rules as long as they come, one of which three algorithms miss, beside short ones. */
function longRules(): Report {
  const rule =
    'service.p99{request=POST /completions?user={1..500}, run=hash $request_uri consistent} <= baseline * 1.1';
  const note = 'a fair draw of 1500 requests may show a skew of 29 %; 50263 requests decide it';
  return {
    ...comparison(),
    thresholds: [
      ...['round_robin', 'least_conn', 'random'].map((run) =>
        threshold({ rule, run, value: 40, verdict: 'inconclusive', note }),
      ),
      threshold({ rule: 'skew < 5%', verdict: 'fail', value: 0.2, note }),
      threshold({ rule: 'errors <= 0%', value: 0 }),
    ],
  };
}

const views = [
  { width: 375, colorScheme: 'light' },
  { width: 768, colorScheme: 'light' },
  { width: 1440, colorScheme: 'light' },
  { width: 375, colorScheme: 'dark' },
  { width: 1440, colorScheme: 'dark' },
] as const;

interface View {
  readonly width: number;
  readonly colorScheme: 'light' | 'dark';
}

describeWithChromium('the HTML report in Chromium', () => {
  let folder: string;
  let browser: Browser;
  const pages = new Map<string, string>();

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'lbbench-html-'));
    writeFileSync(join(folder, 'four.yaml'), scenario);
    const measured = await runScenario(readScenario(join(folder, 'four.yaml')).plan);
    pages.set('measured', html(measured));
    pages.set('compared', html(comparison()));
    pages.set('drilled', html(drilledReport()));
    pages.set('hostile', html(hostileReport()));
    pages.set('rounds', html(rounds()));
    pages.set('ruled', html(longRules()));
    pages.set('empty', html(report({ runs: [emptyRun()], thresholds: [] })));
    for (const [name, page] of pages) writeFileSync(join(folder, `${name}.html`), page);
    browser = await launchChromium();
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  });

  /** Opens a report, with all that the browser has to say about it. */
  async function open(name: string, view: View): Promise<{ page: Page; said: string[] }> {
    const { width, colorScheme } = view;
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
    const said: string[] = [];
    page.on('console', (message) => said.push(message.text()));
    page.on('pageerror', (error) => said.push(error.message));
    page.on('dialog', (dialog) => said.push(`dialog: ${dialog.message()}`));
    page.on('request', (request) => {
      if (!request.url().startsWith('file:')) said.push(`fetched ${request.url()}`);
    });
    await page.goto(pathToFileURL(join(folder, `${name}.html`)).href);
    return { page, said };
  }

  it('holds a run of four algorithms in less than 500 KB', () => {
    const page = pages.get('measured') ?? '';
    expect(Buffer.byteLength(page)).toBeLessThan(500_000);
    expect(page.match(/class="plot half"/g)?.length).toBe(4 * 4);
  });

  for (const view of views) {
    it.each(['measured', 'compared', 'drilled', 'hostile', 'empty'])(
      `opens %s at ${view.width} px in ${view.colorScheme} colours: silent, and no wider than the window`,
      async (name) => {
        const { page, said } = await open(name, view);
        const closed = await page.evaluate('document.documentElement.scrollWidth');
        await page.evaluate('document.querySelectorAll("details").forEach((it) => { it.open = true; })');
        const opened = await page.evaluate('document.documentElement.scrollWidth');
        await page.close();
        expect({ said, closed, opened }).toEqual({ said: [], closed: view.width, opened: view.width });
      },
    );
  }

  it.each(['measured', 'compared', 'drilled', 'hostile'])(
    'leaves axe nothing serious to find in %s',
    async (name) => {
      for (const view of [views[0], views[2], views[4]]) {
        const { page } = await open(name, view);
        await page.evaluate('document.querySelectorAll("details").forEach((it) => { it.open = true; })');
        // As text, by the test's own connection: the page's policy would not let it in.
        await page.evaluate(axe.source);
        const found = (await page.evaluate(
          'axe.run().then(({ violations }) => violations.map(({ id, impact, nodes }) => ({ id, impact, where: nodes[0].html.slice(0, 200) })))',
        )) as { id: string; impact: string; where: string }[];
        await page.close();
        expect(found.filter(({ impact }) => impact === 'serious' || impact === 'critical')).toEqual([]);
      }
    },
  );

  for (const view of views) {
    it(`gives what is said of a long rule room to be read at ${view.width} px in ${view.colorScheme} colours`, async () => {
      const { page } = await open('ruled', view);
      const boxes = await Promise.all((await page.locator('.results').all()).map((it) => it.boundingBox()));
      await page.close();
      // One edge for all rules, and lines that hold more than a word or two.
      expect(new Set(boxes.map((box) => box?.x)).size).toBe(1);
      for (const box of boxes) expect(box?.width).toBeGreaterThan(Math.min(480, view.width * 0.7));
    });
  }

  it('shows verdict, runs side by side and the first shares without scrolling at 1440 by 900', async () => {
    const { page } = await open('measured', views[2]);
    for (const selector of ['.verdict', '.compare table', '#shares figure .half']) {
      const box = await page.locator(selector).first().boundingBox();
      expect(box === null ? undefined : box.y + box.height).toBeLessThan(900);
    }
    await page.close();
  });

  it.each(['measured', 'compared', 'rounds'])(
    'shows p99 and skew of %s on a phone without scrolling',
    async (name) => {
      const { page } = await open(name, views[0]);
      for (const head of ['p99 ms', 'skew']) {
        const box = await page.locator('.compare th', { hasText: new RegExp(`^${head}$`) }).boundingBox();
        expect((box?.x ?? 1000) + (box?.width ?? 0)).toBeLessThan(views[0].width);
      }
      await page.close();
    },
  );

  it('folds the scenario away on the screen', async () => {
    const { page } = await open('measured', views[2]);
    expect(await page.locator('#scenario summary').isVisible()).toBe(true);
    expect(await page.locator('#scenario pre').isVisible()).toBe(false);
    await page.close();
  });

  it('prints dark on light, without navigation and folded tables, whatever the screen has', async () => {
    const { page } = await open('measured', { ...views[4], width: 680 });
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    const color = await page.evaluate('getComputedStyle(document.body).color');
    expect(color).toBe('rgb(28, 33, 40)');
    expect(await page.locator('nav').isVisible()).toBe(false);
    const [left, right] = await Promise.all(
      [0, 1].map((index) => page.locator('#shares .plot').nth(index).boundingBox()),
    );
    expect(left?.y).toBe(right?.y);
    expect(await page.locator('details').first().isVisible()).toBe(false);
    expect((await page.locator('#scenario pre').boundingBox())?.height).toBeGreaterThan(300);
    expect(await page.locator('.compare table').isVisible()).toBe(true);
    await page.close();
  });

  it.each([
    ['compared', comparison()],
    ['hostile', hostileReport()],
  ])('parses the JUnit XML of %s', async (_name, shown) => {
    const { page } = await open('compared', views[2]);
    const [root, cases] = (await page.evaluate(
      `(() => {
        const parsed = new DOMParser().parseFromString(${JSON.stringify(junit(shown))}, 'application/xml');
        return [parsed.documentElement.nodeName, [...parsed.querySelectorAll('testcase')].length];
      })()`,
    )) as [string, number];
    expect([root, cases]).toEqual(['testsuites', shown.thresholds.length]);
    await page.close();
  });

  it('executes nothing, even when something is put into it', async () => {
    writeFileSync(
      join(folder, 'injected.html'),
      (pages.get('compared') ?? '').replace('<main>', '<main><script>document.title = "owned"</script>'),
    );
    const { page, said } = await open('injected', views[2]);
    expect(await page.title()).not.toBe('owned');
    expect(said.join()).toContain('Content Security Policy');
    await page.close();
  });
});
