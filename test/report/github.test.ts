import { describe, expect, it } from 'vitest';
import { github } from '../../src/report/github.js';
import { comparison, hostileReport, report, run, threshold } from './fixture.js';

describe('github', () => {
  it('says nothing when all is well', () => {
    expect(github(report())).toBe('');
  });

  it('makes an error of what failed or had no data, a warning of what is inconclusive', () => {
    const lines = github(comparison()).split('\n');
    expect(lines.slice(0, 4)).toEqual([
      '::error title=fail%3A skew < 5%25::least_conn: 35.0 %25 (in 99 of 100 fair draws of 974 requests the skew is at most 10 %25)',
      '::error title=no data%3A moved-keys <= 0::random: n/a (not measured)',
      '::error title=fail%3A errors < 0.1%25::least_conn: 3.90 %25',
      '::warning title=inconclusive%3A skew < 5%25::random: 7.00 %25 (a fair draw of 1000 requests may show a skew of 10 %25; 4030 requests decide it)',
    ]);
    expect(lines[4]).toBe(
      '::warning title=lbbench%3A dropped-starts::least_conn: 37 starts that were due were never made, because 200 requests were in flight already; raise load.concurrency or lower load.rate',
    );
  });

  it('lets no name end its command or start another', () => {
    const rule = 'p99{request=a,b::c\n::error::%0A} < 1s';
    const text = github(
      report({
        thresholds: [threshold({ rule, run: 'x\r\n::stop-commands::y', note: '%25', verdict: 'fail' })],
      }),
    );
    expect(text.match(/\n/g)).toHaveLength(1);
    const [, title, message] = /^::error title=([^:,]*)::(.*)\n$/.exec(text) ?? [];
    expect(title).toBe('fail%3A p99{request=a%2Cb%3A%3Ac�%3A%3Aerror%3A%3A%250A} < 1s');
    expect(message).toBe('x��::stop-commands::y: 15.0 µs (%2525)');
    for (const line of github(hostileReport()).trimEnd().split('\n'))
      expect(line).toMatch(/^::(error|warning) title=/);
  });

  it('keeps to the ten of a kind that GitHub shows, and says how many there are', () => {
    const failed = Array.from({ length: 25 }, (_, index) =>
      threshold({ run: `run ${index}`, verdict: 'fail' }),
    );
    const lines = github(report({ runs: [run()], thresholds: failed }))
      .trimEnd()
      .split('\n');
    expect(lines).toHaveLength(10);
    expect(lines[9]).toBe('::error title=lbbench::16 more are in the summary');
  });
});
