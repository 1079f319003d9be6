import { stripVTControlCharacters } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import type { LogGroupReport, LogReport, Report } from '../../../src/model/report.js';
import { markdown } from '../../../src/report/markdown.js';
import { displayWidth } from '../../../src/report/render/width.js';
import { liveLog, terminalReport } from '../../../src/report/terminal.js';
import { LatencyHistogram, prepareHistograms } from '../../../src/tally/latency-histogram.js';
import { backend, hostile, report, run } from '../fixture.js';

function group(key: string, counts: readonly number[]): LogGroupReport {
  const count = counts.reduce((sum, one) => sum + one, 0);
  return {
    key,
    count,
    notProxied: 0,
    status: { '200': count },
    backends: counts.map((one, index) => ({
      address: `127.0.0.1:${8001 + index}`,
      count: one,
      share: one / count,
      retries: 0,
      p50: undefined,
      p99: undefined,
    })),
    skew: Math.max(...counts.map((one) => Math.abs((one / count) * counts.length - 1))),
    skewNoise: 0.1,
  };
}

function logReport(overrides: Partial<LogReport> = {}): Report {
  const only = run({
    name: 'access.log',
    engine: 'log',
    balancer: 'nginx',
    backends: [
      backend({ address: '127.0.0.1:8001', count: 60 }),
      backend({ address: '127.0.0.1:8002', count: 40 }),
    ],
    warnings: [],
  });
  return report({
    runs: [only],
    thresholds: [],
    verdict: 'pass',
    log: {
      files: ['access.log'],
      format: '$status to: $upstream_addr',
      escape: 'default',
      physicalLines: 104,
      records: 103,
      selected: 100,
      unmatched: { count: 1, first: [] },
      from: '2026-11-22T23:59:58.000Z',
      to: '2026-11-23T00:00:02.500Z',
      notProxied: 0,
      noLiveUpstreams: 0,
      attempts: { '127.0.0.1:8001': 60, '127.0.0.1:8002': 40 },
      servedFinal: { '127.0.0.1:8001': 58, '127.0.0.1:8002': 40 },
      by: undefined,
      groups: [],
      others: undefined,
      ...overrides,
    },
  });
}

const plain = (shown: Report, width = 80) => terminalReport(shown, { color: false, width });
const rowsOf = (text: string, start: string) => {
  const lines = text.split('\n');
  const first = lines.findIndex((line) => line.trimStart().startsWith(start));
  return lines.slice(first, lines.indexOf('', first) < 0 ? undefined : lines.indexOf('', first));
};

describe('a log on the terminal', () => {
  it('says what was read, and nothing of a seed, a comparison or absent thresholds', () => {
    const text = plain(logReport());
    expect(text).toMatch(
      /^access\.log\n {2}104 lines · 100 of 103 requests selected · 2026-11-22 23:59:58 to 2026-11-23\n? +00:00:02 UTC/,
    );
    expect(text).toContain('format $status to: $upstream_addr');
    expect(text).not.toMatch(/seed|thresholds|in flight at most/i);
  });

  it('tells requests whose last attempt failed too', () => {
    expect(plain(logReport())).toMatch(/Not its answer +2 +counted for the backend that was asked last/);
    expect(plain(logReport({ servedFinal: undefined }))).not.toContain('Not its answer');
  });

  it('sets the backends side by side for each value, without the host that all share', () => {
    const text = plain(
      logReport({ by: 'method', groups: [group('POST', [10, 30]), group('GET', [1000, 1000])] }),
    );
    expect(rowsOf(text, 'method')).toEqual([
      '  method  requests          :8001          :8002    skew',
      '  GET        2,000  1,000  50.0 %  1,000  50.0 %     0 %',
      '  POST          40     10  25.0 %     30  75.0 %  50.0 %',
      '  backends are those of 127.0.0.1',
    ]);
  });

  it('says how frequent the values without a row may be, and what a row may lack', () => {
    const groups = [{ ...group('/a', [7, 3]), mayLack: 4 }, group('/b', [2, 2])];
    const others = { groups, others: group('other', [1, 2]), othersAtMost: 2 };
    const text = plain(logReport({ by: 'uri', ...others }), 300).replaceAll(/\s+/g, ' ');
    expect(text).toContain(
      'the 2 most frequent values have a row each; none of the others has more than 2 requests; read as it came',
    );
    expect(text).toContain('up to 4 requests of a row may be among the others');
  });

  it('keeps the order of times and statuses, and puts the rest last', () => {
    const groups = [group('503', [1, 1]), group('200', [5, 5])];
    const text = plain(logReport({ by: 'status', groups, others: group('other', [1, 2]) }));
    expect(rowsOf(text, 'status').map((line) => line.trim().split(/ {2,}/)[0])).toEqual([
      'status',
      '200',
      '503',
      'all others',
      'backends are those of 127.0.0.1',
    ]);
  });

  it('lists backends below each other where they do not fit beside each other', () => {
    const text = plain(
      logReport({
        by: 'uri',
        groups: [
          group(
            '/',
            Array.from({ length: 12 }, () => 1000),
          ),
        ],
      }),
    );
    const rows = rowsOf(text, 'uri');
    expect(rows).toHaveLength(14);
    expect(rows[2]).toMatch(/^ {4}127\.0\.0\.1:8001 +1,000 +8\.3 % +0$/);
  });

  describe('split by something, has the errors and retries of each backend whenever there are any', () => {
    const failing = (backends: number) => {
      const good = group(
        'GET',
        Array.from({ length: backends }, () => 10),
      );
      const bad = group(
        'POST',
        Array.from({ length: backends }, () => 10),
      );
      return logReport({
        by: 'method',
        groups: [
          good,
          {
            ...bad,
            backends: bad.backends.map((one, index) =>
              index === 1 ? { ...one, errors: 7, retries: 3 } : one,
            ),
          },
        ],
      });
    };

    it('side by side', () => {
      const [head = '', ...rows] = rowsOf(plain(failing(2)), 'method');
      expect(head).toMatch(/^ {2}method {2}requests +:8001 +:8002 {2}errors {2}retries {2}skew$/);
      expect(rows.find((row) => row.includes('POST'))).toMatch(/ 50\.0 % {7}7 {8}3 {3}0 %$/);
    });

    it('on 40 columns', () => {
      expect(plain(failing(2), 40)).toMatch(/retries {2}errors.*\n(?:.*\n)* {4}127\S* +3 {7}7/);
    });

    it('one below the other', () => {
      const rows = rowsOf(plain(failing(12)), 'method');
      expect(rows[0]).toMatch(/retries {2}errors/);
      expect(rows.filter((row) => / 3 {7}7$/.test(row))).toHaveLength(1);
    });

    it('in Markdown', () => {
      const text = markdown(failing(2));
      expect(text).toContain(
        '| method | requests | `127.0.0.1:8001` | `127.0.0.1:8002` | errors | retries | skew |',
      );
      expect(text).toContain('| `POST` | 20 | 10 (50.0 %) | 10 (50.0 %) | 7 | 3 | 0 % |');
    });

    it('and no column for none', () => {
      const none = logReport({ by: 'method', groups: [group('GET', [10, 10])] });
      expect(rowsOf(plain(none), 'method').join()).not.toMatch(/errors|retries/);
    });
  });

  it('says how many values it does not show', () => {
    const groups = Array.from({ length: 30 }, (_, index) => group(`/${index}`, [1, 1]));
    expect(plain(logReport({ by: 'uri', groups }))).toContain('6 more values in the report: --export-json');
  });

  it('is never wider than the window, whatever the log has in it, and lets no control code through', () => {
    const nasty = Object.values(hostile);
    const shown = logReport({
      format: hostile.terminal,
      by: 'user-agent',
      groups: nasty.map((key) => group(key, [1, 2, 3])),
    });
    for (const width of [40, 80, 120]) {
      for (const line of plain(shown, width).split('\n')) {
        expect(displayWidth(line)).toBeLessThanOrEqual(width);
        expect(stripVTControlCharacters(line)).toBe(line);
      }
    }
  });
});

describe('a log that is followed', () => {
  it('is drawn in the room there is', () => {
    const shown = logReport({
      by: 'uri',
      groups: Array.from({ length: 24 }, (_, i) => group(`/${i}`, [1, 1])),
    });
    const lines = liveLog(shown, { color: false, width: 80, rows: 10, recentPerSec: 12.5 });
    expect(lines).toHaveLength(9);
    expect(lines[0]).toMatch(/^access\.log · 100 requests · 12\.5\/s now · .+ · 1 line unmatched/);
  });
});

describe('the histogram of a log', () => {
  beforeAll(prepareHistograms);

  it.each(['open', 'closed'] as const)('shows how its times lie, by their name (%s)', (model) => {
    const histogram = new LatencyHistogram();
    for (const us of [1000, 1000, 1000, 2000, 1_000_000]) histogram.record(us);
    const responseMs = histogram.summary();
    histogram.release();
    const made = logReport();
    const runs = made.runs.map((one) => ({ ...one, responseMs, load: { ...one.load, model } }));
    const text = terminalReport({ ...made, runs }, { color: false, width: 80 });
    const title = model === 'open' ? 'Request' : 'Upstream';
    expect(text).toMatch(new RegExp(`${title} \\(ms\\) +requests\\n +1\\.00 – 2\\.00 +3 +█{10,}\\n`));
    expect(terminalReport(made, { color: false, width: 80 })).not.toMatch(/\(ms\) +requests/);
  });
});
