import { describe, expect, it } from 'vitest';
import type { AbDisplay, AbFigures, AbSpread } from '../../../src/model/ab-figures.js';
import { abGnuplot } from '../../../src/report/ab/gnuplot.js';
import { abBanner, abReport } from '../../../src/report/ab/report.js';
import { capture, displayOf, figuresOf } from './capture.js';

process.env.TZ = 'UTC';

const plain = capture('plain');
const figures = figuresOf(plain, false);
const display = displayOf(plain, false);

function reportOf(changed: Partial<AbFigures>, printed: Partial<AbDisplay> = {}): string {
  return abReport({ ...figures, ...changed }, { ...display, ...printed });
}

const spread: AbSpread = {
  source: 'X-Upstream',
  backends: [
    {
      address: '127.0.0.1:8001',
      count: 506,
      share: 0.506,
      expectedShare: 0.5,
      retries: 0,
      errors: 0,
      p50Ms: 1.25,
      p99Ms: 12.5,
    },
    {
      address: 'unix:/run/a.sock',
      count: 494,
      share: 0.494,
      expectedShare: 0.5,
      retries: 12,
      errors: 0,
      p50Ms: 1.5,
      p99Ms: undefined,
    },
  ],
  unattributed: 0,
  skew: 0.012,
  skewNoise: 0.0815,
};

describe('the spread', () => {
  it("stands after ab's last line, so that what reads ab's lines still does", () => {
    expect(reportOf({ spread })).toBe(
      `${reportOf({})}
Backends (by X-Upstream)
  backend           requests   share  expected  retries  p50 [ms]  p99 [ms]
  127.0.0.1:8001         506  50.6 %    50.0 %        0     1.250    12.500
  unix:/run/a.sock       494  49.4 %    50.0 %       12     1.500       n/a
Skew:                   1.2 % (chance alone reaches 8.2 % 1 time in 100)
`,
    );
  });

  it('counts the unattributed and leaves out the expectation when there is none', () => {
    const unexpected: AbSpread = {
      ...spread,
      backends: spread.backends.map((backend) => ({ ...backend, expectedShare: undefined })),
      unattributed: 3,
      skew: undefined,
      skewNoise: undefined,
    };
    expect(reportOf({ spread: unexpected })).toContain(`
  backend           requests   share  retries  p50 [ms]  p99 [ms]
  127.0.0.1:8001         506  50.6 %        0     1.250    12.500
  unix:/run/a.sock       494  49.4 %       12     1.500       n/a
  (unattributed)           3
Skew:                   n/a
`);
  });

  it('is a second table with -w', () => {
    const html = { table: '', row: 'r', cell: 'c' };
    const text = reportOf(
      { spread: { ...spread, backends: spread.backends.slice(0, 1), unattributed: 2 } },
      { html },
    );
    expect(text.slice(text.indexOf('</table>'))).toBe(`</table>
<table >
<tr r><th c>backend</th><th c>requests</th><th c>share</th><th c>expected</th><th c>retries</th><th c>p50 [ms]</th><th c>p99 [ms]</th></tr>
<tr r><td c>127.0.0.1:8001</td><td c>506</td><td c>50.6 %</td><td c>50.0 %</td><td c>0</td><td c>1.250</td><td c>12.500</td></tr>
<tr r><th c>(unattributed)</th><td colspan=6 c>2</td></tr>
<tr r><th c>Skew:</th><td colspan=6 c>1.2 % (chance alone reaches 8.2 % 1 time in 100)</td></tr>
</table>
`);
  });
});

describe('text from the network', () => {
  const hostile = '\u001b[2J\u009b31m\u202ea\u0007\nFailed requests: 0<b>&';

  it('cannot steer a terminal or forge a line', () => {
    const backends = spread.backends.map((backend) => ({ ...backend, address: hostile }));
    const text = reportOf({
      serverSoftware: `evil\u009b31m\u001b[2J x`,
      path: hostile,
      spread: { ...spread, backends },
    });
    expect(text).not.toMatch(/[^\n\x20-\x7e]/);
    expect(text).toContain('Server Software:        evil31m\n');
    expect(text).toContain('Document Path:          [2J31maFailed requests: 0<b>&\n');
    expect(text.match(/^Failed requests/gm)).toHaveLength(1);
  });

  it('cannot become markup with -w', () => {
    const backends = spread.backends.map((backend) => ({ ...backend, address: '<img onerror=x>' }));
    const html = { table: '', row: '', cell: '' };
    const text = reportOf(
      { serverSoftware: '<script>', path: '/<b>&', spread: { ...spread, backends } },
      { html },
    );
    expect(text).toContain('&lt;script&gt;');
    expect(text).toContain('/&lt;b&gt;&amp;');
    expect(text).not.toMatch(/<(script|b|img)/);
  });
});

describe('a run without results', () => {
  const nothing = {
    complete: 0,
    times: undefined,
    samples: [],
    transferredBytes: 0,
    bodyBytes: 0,
    failed: { connect: 20, receive: 0, length: 0, exceptions: 0 },
  };

  it('prints the counters and stops', () => {
    const lines = reportOf(nothing).trimEnd().split('\n');
    expect(lines.slice(-4)).toEqual([
      'Failed requests:        20',
      '   (Connect: 20, Receive: 0, Length: 0, Exceptions: 0)',
      'Total transferred:      0 bytes',
      'HTML transferred:       0 bytes',
    ]);
  });

  it('prints no NaN as HTML either', () => {
    const text = reportOf(nothing, { html: { table: '', row: '', cell: '' } });
    expect(text).not.toMatch(/NaN|undefined|Infinity/);
    expect(text).toContain('<td colspan=2 >0.00</td>');
  });

  it('divides by no time of zero', () => {
    expect(reportOf({ timeTakenUs: 0 })).not.toMatch(/NaN|Infinity|per second/);
  });
});

describe("where ab's arithmetic is not copied", () => {
  it('takes the 10th of 20 requests as 50 %, where ab takes the 11th', () => {
    const times = figures.times && { ...figures.times, totalAtRankUs: (rank: number) => rank * 1000 };
    expect(reportOf({ times })).toContain('\n  50%      9\n');
    expect(reportOf({ times }, { compat: true })).toContain('\n  50%     10\n');
  });

  it('names receive errors with -w, which ab counts but leaves out', () => {
    const failed = { connect: 1, receive: 2, length: 3, exceptions: 4 };
    const html = { table: '', row: '', cell: '' };
    expect(reportOf({ failed }, { html })).toContain('(Connect: 1, Receive: 2, Length: 3, Exceptions: 4)');
    expect(reportOf({ failed }, { html, compat: true })).toContain('(Connect: 1, Length: 3, Exceptions: 4)');
  });

  it('orders the samples by their start', () => {
    const sample = { connectUs: 0, waitingUs: 0 };
    const rows = abGnuplot(
      [
        { ...sample, startedAtUs: 1_729_257_688e6, totalUs: 1000 },
        { ...sample, startedAtUs: 1_729_257_687e6, totalUs: 5000 },
      ],
      false,
    );
    // date -u -d @1729257687: Fri Oct 18 13:21:27 2024
    expect(rows).toBe(
      'starttime\tseconds\tctime\tdtime\tttime\twait\n' +
        'Fri Oct 18 13:21:27 2024\t1729257687\t0\t5\t5\t0\n' +
        'Fri Oct 18 13:21:28 2024\t1729257688\t0\t1\t1\t0\n',
    );
  });
});

describe('the banner', () => {
  it("has as many lines as ab's", () => {
    const lines = (text: string) => text.split('\n').length;
    const theirs = (stdout: string, next: RegExp) => stdout.slice(0, stdout.search(next));
    expect(lines(abBanner('1.2.3', false))).toBe(lines(theirs(plain.stdout, /Benchmarking/)));
    expect(lines(abBanner('1.2.3', true))).toBe(lines(theirs(capture('html').stdout, /\.\.done/)));
    expect(abBanner('1.2.3', false).split('\n')[0]).toBe('This is lbbench ab, Version 1.2.3');
  });
});
