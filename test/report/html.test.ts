import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { BackendReport, Report } from '../../src/model/report.js';
import { exporters } from '../../src/report/exporters.js';
import { LatencyHistogram, prepareHistograms } from '../../src/tally/latency-histogram.js';
import { busyReport } from './busy-report.js';
import { drilledReport } from './drilled-report.js';
import {
  backend,
  comparison,
  emptyRun,
  hostile,
  hostileReport,
  latency,
  report,
  rounds,
  run,
  threshold,
} from './fixture.js';

const html = (value: Report) => exporters.html(value);

/** Names of the elements and of the attributes that the page has: what a parser would see outside of text. */
function markupOf(page: string): { tags: Set<string>; attributes: Set<string> } {
  const tags = new Set<string>();
  const attributes = new Set<string>();
  for (const [, tag, rest] of page.matchAll(/<([^\s>/!][^\s>]*)((?:\s+[^\s=>]+(?:="[^"]*")?)*)\s*>/g)) {
    tags.add(tag ?? '');
    for (const [, name] of (rest ?? '').matchAll(/\s+([^\s=>]+)(?:="[^"]*")?/g)) attributes.add(name ?? '');
  }
  return { tags, attributes };
}

describe('html', () => {
  it('shows the verdict, the runs side by side and the shares before anything else', async () => {
    const page = await html(comparison());
    const places = [
      '✗ fail',
      'id="side-by-side"',
      'id="shares"',
      'id="latency"',
      'id="share-over-time"',
    ].concat(['id="in-flight"', 'id="outcomes"', 'id="scenario"']);
    const found = places.map((text) => page.indexOf(text));
    expect(found.every((at) => at > 0)).toBe(true);
    expect(found).toEqual(found.toSorted((a, b) => a - b));
  });

  it('allows its own style sheet by hash and nothing else', async () => {
    const page = await html(report());
    const sheet = /<style>([^<]*)<\/style>/.exec(page)?.[1] ?? '';
    const hash = createHash('sha256').update(sheet).digest('base64');
    expect(page).toContain(
      `<meta http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;; style-src &#39;sha256-${hash}&#39;; base-uri &#39;none&#39;; form-action &#39;none&#39;">`,
    );
    expect(page.match(/<style/g)).toHaveLength(1);
  });

  it('has no script, no inline style, no event handler and no address to fetch', async () => {
    const { tags, attributes } = markupOf(await html(comparison()));
    for (const tag of [
      'script',
      'link',
      'img',
      'iframe',
      'object',
      'use',
      'image',
      'foreignObject',
      'form',
    ]) {
      expect(tags).not.toContain(tag);
    }
    expect([...attributes].filter((name) => /^on|^style$|^src|^xlink/.test(name))).toEqual([]);
    expect(await html(comparison())).not.toMatch(/href="(?!#)|url\(/);
  });

  it('lets no hostile name become markup', async () => {
    const harmless = markupOf(await html(comparison()));
    const page = await html(hostileReport());
    const { tags, attributes } = markupOf(page);
    expect([...tags].filter((tag) => !harmless.tags.has(tag))).toEqual([]);
    expect([...attributes].filter((name) => !harmless.attributes.has(name))).toEqual([]);
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;&#39;]]&gt;');
    expect(page).not.toContain('<script');
    expect(page).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
  });

  it('cuts names of 10 KB and replaces what is no character', async () => {
    const long = `${'<b>'.repeat(3500)}\ud800`;
    const page = await html(
      report({
        scenario: { name: '\udfff', note: '\u001b[2J"><script>' },
        runs: [run({ name: long, backends: [backend({ address: long, count: 3 })] })],
        thresholds: [threshold({ rule: long, run: long, note: long, verdict: 'fail' })],
        verdict: 'fail',
      }),
    );
    expect(page).not.toMatch(/\p{Cs}/u);
    expect(page).not.toContain('<b>');
    expect(page).not.toContain('<script');
    expect(page.length).toBeLessThan(100_000);
  });

  it('gives every chart a text and every chart’s numbers a table', async () => {
    const page = await html(comparison());
    const charts = page.match(/<svg class="plot[^>]*>/g) ?? [];
    expect(charts.length).toBeGreaterThan(10);
    for (const chart of charts) expect(chart).toMatch(/role="img" aria-label="[^"]{20,}"/);
    const figures = page.split('<figure>').slice(1);
    for (const figure of figures) {
      if (figure.includes('class="plot')) expect(figure).toMatch(/<details><summary>Numbers.*<table>/s);
    }
    expect(page).toContain(
      'aria-label="Share of each backend under round_robin: 127.0.0.1:8001 60.6 % of 60.0 % expected, 127.0.0.1:8002 39.4 % of 40.0 % expected"',
    );
  });

  it('has heads with a scope in every table, and landmarks', async () => {
    const page = await html(comparison());
    expect(page.match(/<th(?![^>]*scope="(?:col|row)")[\s>]/g)).toBeNull();
    for (const landmark of ['<header>', '<nav aria-label="Sections">', '<main>', '<footer>']) {
      expect(page.split(landmark)).toHaveLength(2);
    }
    const tables = page.match(/<table>/g)?.length;
    expect(page.match(/<table><caption/g)).toHaveLength(tables ?? 0);
  });

  it('lists a broken rule before those that hold, with its reason', async () => {
    const page = await html(comparison());
    const rules = /<ul class="rules"[^>]*>(.*?)<\/ul>/s.exec(page)?.[1] ?? '';
    const texts = rules.split('</li>').map((item) =>
      item
        .replace(/<[^>]+>/g, ' ')
        .replace(/\s+/g, ' ')
        .trim(),
    );
    expect(texts[0]).toBe(
      '✗ fail skew &lt; 5% ✗ fail least_conn 35.0 % in 99 of 100 fair draws of 974 requests the skew is at most 10 % ~ inconclusive random 7.00 % a fair draw of 1000 requests may show a skew of 10 %; 4030 requests decide it ✓ pass round_robin 1.50 %',
    );
    expect(texts.at(-2)).toMatch(/^✓ pass rps &gt; 400/);
  });

  it('gives each algorithm that missed a rule its own line, and what they have in common one more', async () => {
    const missed = (name: string, value: number) =>
      threshold({ run: name, value, verdict: 'fail', note: 'more than chance explains' });
    const page = await html({
      ...rounds(),
      thresholds: [
        ...[missed('round_robin #1', 0.2), missed('round_robin #2', 0.3), missed('least_conn #1', 0.4)],
        threshold({ run: 'least_conn #2', value: 0.01 }),
      ],
      verdict: 'fail',
    });
    const [, results = ''] = /<div class="results">(.*?)<\/div>/s.exec(page) ?? [];
    expect(results.split('</p>').map((line) => line.replace(/<[^>]+>/g, ''))).toEqual([
      '✗fail round_robin 20.0\u00a0% to 30.0\u00a0% (2 of 3 rounds)',
      '✗fail least_conn 40.0\u00a0% (1 of 3 rounds)',
      'more than chance explains',
      '✓pass least_conn #2 1.00\u00a0%',
      '',
    ]);
  });

  it('shows the median of the rounds of an algorithm and their range', async () => {
    const page = await html(rounds());
    // 440, 452 and 455 requests a second.
    expect(page).toContain('round_robin (3 rounds)');
    expect(page).toMatch(/452<span class="range">440 – 455<\/span>/);
  });

  it('shows advice, a failover drill and what the model and the log say, where there are any', async () => {
    const text = (page: string) => page.replaceAll(/<[^>]+>/g, ' ').replaceAll(/\s+/g, ' ');
    const page = text(await html(drilledReport()));
    expect(page).toContain(
      'Advice: &lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;&#39;]]&gt;: p99 12.0 ms against 48.0 ms of round_robin, without errors',
    );
    expect(page).toContain(
      'round_robin · Drill: stop 127.0.0.1:8002 from 501 ms to 900 ms (max_fails=1 fail_timeout=10s)',
    );
    // 120 of 200, 160 of 160, 326 of 640.
    expect(page).toContain('127.0.0.1:8001 60.0 % 100.0 % 50.9 % 0 0');
    expect(page).toContain('round_robin 1,000 99.0 % 5 over 300 1.00 %');
    expect(page).toContain('round_robin 1,000 999 n/a the log has 999 lines &lt;script&gt;');
    expect(await html(report())).not.toMatch(/id="(drill|placement)"/);
  });

  it('says so where there is nothing to draw', async () => {
    const page = await html(report({ runs: [emptyRun()], thresholds: [] }));
    expect(page).toContain('No thresholds were set.');
    expect(page).toContain('No response could be attributed to a backend.');
    expect(page).toContain('There was no response to time.');
    expect(page).not.toContain('NaN');
    expect(await html(report({ runs: [] }))).toContain('No run was finished.');
  });

  it('draws from the summary where a histogram is damaged', async () => {
    const serviceMs = { ...latency(1000, 20), histogram: 'HISTdamaged' };
    const page = await html(report({ runs: [run({ serviceMs, responseMs: serviceMs })] }));
    // p99 of the fixture is 3.1 times its median.
    expect(page).toMatch(/<th scope="row" class="text">p99<\/th><td>62\.0<\/td>/);
  });

  it.each([
    [3, 250_000],
    [10, 350_000],
    [32, 350_000],
    // As many as a tally keeps.
    [1024, 450_000],
  ])('holds four algorithms over %i backends in %i bytes', async (backendCount, most) => {
    const page = await html(await busyReport(backendCount));
    expect(Buffer.byteLength(page)).toBeLessThan(most);
  });

  it('names the few backends that stand out, draws the others as one band, and has all in the table', async () => {
    const busy = await busyReport(32);
    const [first] = busy.runs;
    const slow = '127.0.0.1:19420';
    const backends = first?.backends.map((one) =>
      one.address === slow ? { ...one, serviceMs: latency(one.count, 90) } : one,
    );
    const page = await html({ ...busy, runs: [run({ ...first, backends: backends ?? [] })] });
    const part = page.slice(
      page.indexOf('Service time by percentile and backend'),
      page.indexOf('id="share-over-time"'),
    );
    const legend = /<ul class="legend">(.*?)<\/ul>/s.exec(part)?.[1]?.replace(/<[^>]+>/g, ' ') ?? '';
    expect(legend).toContain(slow);
    expect(legend.match(/127\.0\.0\.1/g)).toHaveLength(3);
    expect(part).toMatch(/fill="var\(--others\)"/);
    expect(part).toMatch(/aria-label="round_robin: [^"]*127\.0\.0\.1:19420 median [^"]*; p99 of 29 others/);
    for (const { address } of backends ?? []) {
      expect(part).toContain(`<th scope="row" class="text">${address}</th>`);
    }
    expect(part).not.toContain('in the JSON report');
  });

  it('draws where shares should meet over time only where they meet elsewhere', async () => {
    const dashed = (page: string) =>
      [...page.matchAll(/<path d="([^"]*)"[^>]*stroke-dasharray="5 4"/g)].map(([, path = '']) => path);
    // The fixture's shares are 60.6 and 39.4 % of 60 and 40 %.
    expect(dashed(await html(report()))).toEqual([]);
    const [first, second] = run().backends;
    if (first === undefined || second === undefined) throw new Error('the fixture has two backends');
    const uneven = [
      { ...first, share: 0.7 },
      { ...second, share: 0.3 },
    ];
    // One line across, at 60 % of the height, for a phone and for a desk.
    expect(dashed(await html(report({ runs: [run({ backends: uneven })] })))).toEqual([
      'M54 69.6h372',
      'M54 69.6h932',
    ]);
  });

  it('says what to beware of right below the verdict: once for runs that say the same, and the rest folded', async () => {
    const warning = (text: string) => ({ code: 'errors' as const, text });
    const runs = ['one', 'two'].map((name) =>
      run({ name, warnings: [warning('of both'), ...(name === 'two' ? [warning('of the second')] : [])] }),
    );
    const page = await html(report({ runs }));
    const beware = /<section class="beware"[^>]*>(.*?)<\/section>/s.exec(page)?.[1] ?? '';
    expect(page.indexOf('class="beware"')).toBeGreaterThan(page.indexOf('class="verdict"'));
    expect(page.indexOf('class="beware"')).toBeLessThan(page.indexOf('<nav'));
    expect(beware.match(/<li>/g)).toHaveLength(2);
    expect(beware).toContain('</code>of both</li>');
    expect(beware).toContain('</code>two: of the second</li>');
    const many = await html(
      report({ runs: [run({ warnings: Array.from({ length: 9 }, (_, i) => warning(`w${i}`)) })] }),
    );
    expect(many).toContain('4 more warnings');
    expect(await html(report({ runs: [run({ warnings: [] })] }))).not.toContain('Warnings');
  });

  it('begins with the drill where there is one', async () => {
    const page = await html(drilledReport());
    expect(page.indexOf('id="drill"')).toBeGreaterThan(0);
    expect(page.indexOf('id="drill"')).toBeLessThan(page.indexOf('id="side-by-side"'));
    expect(page.indexOf('href="#drill"')).toBeLessThan(page.indexOf('href="#latency"'));
  });

  it('has runs side by side on one axis of time, and gives one alone the page', async () => {
    const slice = (atMs: number) => ({
      ...{ atMs, sliceMs: 1000 },
      backends: { '127.0.0.1:8001': { count: 5, inFlight: 1 }, '127.0.0.1:8002': { count: 5, inFlight: 1 } },
    });
    const timed = (name: string, slices: number) =>
      run({
        ...{ name, algorithm: name },
        load: { ...run().load, durationMs: slices * 1000 },
        timeline: Array.from({ length: slices }, (_, index) => slice(index * 1000)),
      });
    const ticks = (page: string) =>
      [
        ...page.matchAll(
          /<svg class="plot half"[^>]*aria-label="Share of each backend over time.*?<\/svg>/gs,
        ),
      ].map(([svg]) => [...svg.matchAll(/>([\d.]+ s)<\/text>/g)].map(([, text]) => text));
    const both = ticks(await html(report({ runs: [timed('short', 3), timed('long', 10)] })));
    expect(both).toHaveLength(2);
    expect(both[0]).toEqual(both[1]);
    expect(both[0]?.at(-1)).toBe('10 s');
    const alone = await html(report({ runs: [timed('alone', 10)] }));
    expect(alone).toContain('class="grid single"');
    expect(alone).not.toContain('plot half');
  });

  it('draws a step for each value that was measured, as wide as requests took it', async () => {
    await prepareHistograms();
    const histogram = new LatencyHistogram();
    for (const us of [10_000, 10_000, 20_000, 40_000]) histogram.record(us);
    const times = histogram.summary();
    histogram.release();
    const page = await html(report({ runs: [run({ responseMs: times, serviceMs: times, backends: [] })] }));
    const paths = [...page.matchAll(/<path d="([^"]*)" fill="none"/g)].map(([, path = '']) => path);
    // To the half at 10 ms, to three quarters at 20, and up to the longest: across and up, never aslant.
    expect(paths.length).toBeGreaterThan(0);
    for (const path of paths)
      expect(path).toMatch(/^M[\d.]+ [\d.]+h[\d.]+v-[\d.]+h[\d.]+v-[\d.]+(h[\d.]+)?$/);
  });

  it('tells values under the pointer, in the browser’s own hints', async () => {
    const page = await html(comparison());
    const hints = [...page.matchAll(/<rect [^>]*><title>([^<]*)<\/title><\/rect>/g)].map(
      ([, text = '']) => text,
    );
    expect(hints).toContainEqual(expect.stringMatching(/^p99\nround_robin: 63\.9 ms\nleast_conn: [\d.]+ ms/));
    expect(hints).toContainEqual(
      expect.stringMatching(/^0 ms – 1\.00 s\n127\.0\.0\.1:8002: 39\.3 % \(181\)\n/),
    );
    expect(hints).toContainEqual(expect.stringMatching(/127\.0\.0\.1:8001: 6\.00 in flight/));
  });

  it('calls a share bad only where the method aims at even counts', async () => {
    const off = (algorithm: string) => {
      const [first, second] = run().backends;
      const backends = [
        { ...(first as BackendReport), deviation: 0.5 },
        { ...(second as BackendReport), deviation: -0.5 },
      ];
      return html(report({ runs: [run({ name: algorithm, algorithm, backends })] }));
    };
    expect(await off('round_robin')).toContain('var(--off)"');
    for (const method of ['least_conn', 'ip_hash', 'hash $request_uri', 'random two least_conn'])
      expect(await off(method)).not.toContain('var(--off)"');
  });

  it('has the shares of all others over time in the table as one, as they are drawn', async () => {
    const page = await html(await busyReport(32));
    const part = page.slice(page.indexOf('id="share-over-time"'), page.indexOf('id="in-flight"'));
    expect(part.match(/<th scope="col">29 others<\/th>/g)).toHaveLength(4);
    expect(part.match(/<path fill="var\(--others\)"/g)).toHaveLength(4);
    // Three of 32 backends have some 10 %: an axis up to 100 % would show them as one line.
    expect(part).not.toContain('>100 %<');
    // One axis for all four.
    const ends = part
      .split('<figure>')
      .slice(1)
      .map((figure) => figure.match(/>(\d+) %<\/text>/g)?.at(-1));
    expect(new Set(ends).size).toBe(1);
  });

  it('gives a row of the heat map to the backends whose work differs, and says who has none', async () => {
    const busy = await busyReport(32);
    const [first] = busy.runs;
    const last = '127.0.0.1:19431';
    const backends = (first?.backends ?? []).map((one) =>
      one.address === last ? { ...one, meanInFlight: 9 } : one,
    );
    const page = await html({ ...busy, runs: [run({ ...first, backends })] });
    const part = page.slice(page.indexOf('id="in-flight"'), page.indexOf('id="outcomes"'));
    expect(part).toContain(`<th scope="col">${last}</th>`);
    expect(part.match(/<th scope="col">127/g)).toHaveLength(16);
    expect(part).toContain(
      'Rows: the 16 backends whose work differs most; the others are in the JSON report.',
    );
  });

  it('draws the bars that are furthest off where there is not room for all', async () => {
    const backends = Array.from({ length: 40 }, (_, index) =>
      backend({
        address: `10.0.0.${index}:80`,
        count: 25,
        share: 0.025,
        expectedShare: 0.025,
        deviation: index / 100,
      }),
    );
    const page = await html(report({ runs: [run({ backends })] }));
    expect(page).toContain('The 24 of 40 that are furthest off.');
    const [, label = ''] = /aria-label="(Share of each backend under [^"]*)"/.exec(page) ?? [];
    expect(label).toContain('10.0.0.39:80');
    expect(label).not.toContain('10.0.0.15:80');
    const [, table = ''] = /backends under round_robin<\/caption>(.*?)<\/table>/s.exec(page) ?? [];
    expect(table.match(/<th scope="row"/g)).toHaveLength(40);
  });

  it('is the same text for the same report', async () => {
    expect(await html(comparison())).toBe(await html(comparison()));
    expect(await html(hostileReport())).not.toContain(hostile.bidi);
  });
});
