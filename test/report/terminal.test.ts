import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { Report } from '../../src/model/report.js';
import { displayWidth } from '../../src/report/render/width.js';
import { terminalReport } from '../../src/report/terminal.js';
import { LatencyHistogram, prepareHistograms } from '../../src/tally/latency-histogram.js';
import {
  backend,
  comparison,
  emptyRun,
  hostileReport,
  report,
  rounds,
  run,
  threshold,
  troubledRun,
} from './fixture.js';

const golden = (name: string) => `../golden/report/terminal-${name}.txt`;
const plain = (shown: Report, width = 80) => terminalReport(shown, { color: false, width });

const all: Readonly<Record<string, Report>> = {
  one: report(),
  comparison: comparison(),
  rounds: rounds(),
  hostile: hostileReport(),
  empty: report({ runs: [emptyRun()], thresholds: [], verdict: 'pass' }),
  none: report({ runs: [], thresholds: [], verdict: 'pass' }),
};

describe('terminalReport', () => {
  it.each(Object.entries(all))('prints the report %s on 80 columns', async (name, shown) => {
    await expect(plain(shown)).toMatchFileSnapshot(golden(`${name}-80`));
  });

  it('keeps the errors of each backend where other columns give way, and has no column for none', () => {
    const failing = terminalReport(report({ runs: [troubledRun()] }), { color: false, width: 80 });
    expect(failing).toMatch(/Backend .* errors /);
    expect(failing).toMatch(/127\.0\.0\.1:8002 .* 20 /);
    expect(plain(report())).not.toMatch(/Backend .* errors/);
  });

  it.each([40, 60, 80])('leaves out nothing that is trouble on %i columns', (width) => {
    const text = plain(report({ runs: [troubledRun()] }), width);
    const tables = text.split('\n\n').filter((block) => block.startsWith('  Backend '));
    const cellsOf = (head: string) => {
      const table = tables.find((block) => block.split('\n', 1)[0]?.includes(` ${head}`)) ?? '';
      const [heads = '', ...rows] = table.split('\n');
      const end = heads.indexOf(head) + head.length;
      return rows.map((row) => row.slice(0, end).split(' ').at(-1));
    };
    expect(cellsOf('errors')).toEqual(['0', '20']);
    expect(cellsOf('retries')).toEqual(['0', '31']);
    expect(cellsOf('p99 ms')).toEqual(['59.2', '150']);
    expect(cellsOf('in flight')).toEqual(['9', '9']);
    expect(text).toContain(', peak 9');
  });

  it('uses the room of 120 columns', async () => {
    await expect(plain(comparison(), 120)).toMatchFileSnapshot(golden('comparison-120'));
  });

  it('is never wider than the window, in colour or without', () => {
    for (const shown of Object.values(all)) {
      for (const color of [true, false]) {
        for (const width of [40, 60, 79, 80, 100, 130]) {
          const lines = terminalReport(shown, { color, width }).split('\n');
          expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(Math.min(width, 120));
        }
      }
    }
  });

  it('cuts nothing of the runs side by side in a pipe, which has no width', () => {
    const many = rounds();
    const text = terminalReport(many, { color: false, width: 100, isPiped: true });
    const head = text.split('\n').find((line) => line.includes('req/s')) ?? '';
    for (const column of ['req/s', 'p50', 'p99', 'errors', 'skew', 'in-flight skew', 'retries'])
      expect(head).toContain(column);
    expect(text).toContain(`${many.runs[0]?.algorithm} × `);
  });

  it('has the runs side by side below each of them, just before the verdict', () => {
    const text = plain(comparison());
    const places = [
      'round_robin\n  nginx',
      'random\n  nginx',
      'in-flight skew   retries',
      'Thresholds',
      'Verdict',
    ];
    const found = places.map((place) => text.indexOf(place));
    expect(found.every((at) => at > 0)).toBe(true);
    expect(found).toEqual(found.toSorted((a, b) => a - b));
  });

  it('draws how many requests took how long, and every one of them', async () => {
    await prepareHistograms();
    const histogram = new LatencyHistogram();
    for (const us of [1000, 1000, 1000, 2000, 4000, 1_000_000]) histogram.record(us);
    const responseMs = histogram.summary();
    histogram.release();
    for (const width of [40, 80, 120]) {
      const text = plain(report({ runs: [run({ responseMs })] }), width);
      const rows = text.split('Response (ms)')[1]?.split('\n\n', 1)[0]?.split('\n').slice(1) ?? [];
      const cells = rows.map((row) => /^ {2}(\S+) – (\S+) +(\d+)(?: +(\S+))?$/.exec(row));
      // Each step is 1000^(1/10), about 2.
      expect(cells.map((cell) => Number(cell?.[3]))).toEqual([3, 1, 1, 0, 0, 0, 0, 0, 0, 1]);
      expect(cells[0]?.[4]).toMatch(/^█+$/);
      expect(cells[5]?.[4]).toBeUndefined();
      expect(cells[0]?.[1]).toBe('1.00');
      expect(cells[9]?.[2]).toBe('1,000');
    }
    expect(
      plain(report({ runs: [run({ responseMs: { ...responseMs, histogram: 'damaged' } })] })),
    ).not.toContain('Response (ms)');
  });

  it('says the same in colour', () => {
    for (const shown of Object.values(all)) {
      const colored = terminalReport(shown, { color: true, width: 80 });
      expect(colored).toContain('\u001b[1m');
      expect(stripVTControlCharacters(colored)).toBe(plain(shown));
    }
  });

  it('lets nothing from outside reach the terminal but text', () => {
    expect(plain(hostileReport())).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e]/);
    const colored = terminalReport(hostileReport(), { color: true, width: 80 });
    // Our own colours are the only escape sequences.
    expect(colored.replaceAll(/\u001b\[(1|2|22|31|32|33|39)m/g, '')).not.toContain('\u001b');
  });

  it('ends with the verdict', () => {
    expect(plain(comparison())).toMatch(/\n\nVerdict: fail \(2 of 6 results\)\n$/);
    expect(plain(report())).toMatch(/\n\nVerdict: pass \(2 of 2 results\)\n$/);
    expect(plain(report({ thresholds: [], verdict: 'pass' }))).toMatch(/\n\nNo thresholds were set\.\n$/);
  });

  it('shows response and service time apart in the open model only', () => {
    const open = plain(report({ runs: [troubledRun()] }));
    expect(open).toMatch(/^ {2}response +981 .*\n {2}service +981 /m);
    expect(open).toContain('response counts from when a request was due, service from when it started');
    expect(plain(report())).not.toContain('service');
  });

  it('shows failures by kind, retries and what could not be attributed', () => {
    const text = plain(report({ runs: [troubledRun()] }), 120).replaceAll(/\s+/g, ' ');
    expect(text).toContain(
      'Errors 3.90 % 4 connect errors, 1 reset, 12 timeouts, 1 malformed response, 1 unexpected close, 20 responses of status 400 and above',
    );
    expect(text).toContain('Never started 37 ');
    // 31 of 31 + 721 + 253 attempts.
    expect(text).toContain('Retries 31 3.08 % of all attempts were passed on to another backend');
    expect(text).toContain('Unattributed 7 of 981 responses named no known backend');
  });

  it('says when equal shares are only assumed', () => {
    const note = 'no weights are known, so equal shares are expected';
    const unweighted = run({ backends: run().backends.map((one) => ({ ...one, weight: undefined })) });
    expect(plain(report({ runs: [unweighted] })).replaceAll(/\s+/g, ' ')).toContain(note);
    expect(plain(report()).replaceAll(/\s+/g, ' ')).not.toContain(note);
  });

  it('marks the best of a column, ties too, and nothing where all are the same', () => {
    const row = (name: string) => plain(comparison(), 120).match(new RegExp(`^  ${name} .*$`, 'm'))?.[0];
    expect(row('round_robin')).toBe(
      '  round_robin    452*  20.6*  63.9*     0 %*  1.50 %*          8.16 %       0 %*',
    );
    expect(row('random')).toBe(
      '  random         450   20.9   64.8      0 %*  1.50 %*          8.16 %       0 %*',
    );
    const twins = plain(
      report({ runs: [run({ algorithm: 'a', name: 'a' }), run({ algorithm: 'b', name: 'b' })] }),
    );
    expect(twins).not.toMatch(/\d\*/);
  });

  it('shows warnings of rounds that it does not show', () => {
    const shown = rounds();
    const runs = shown.runs.map((one, index) =>
      index === 3 ? { ...one, warnings: [{ code: 'errors' as const, text: 'something was odd' }] } : one,
    );
    expect(plain({ ...shown, runs })).toContain('\n  ! round_robin #2: something was odd');
  });

  it('cuts long addresses before it leaves out columns', () => {
    const long = 'backend-with-a-very-long-name.internal.example:8001';
    const text = plain(report({ runs: [run({ backends: [backend({ address: long, count: 1000 })] })] }), 90);
    expect(text).toMatch(/^ {2}backend-with-a-very-lon\S*…/m);
    expect(text).toContain('expected');
  });

  it('measures wide characters as two columns', () => {
    const names = run({
      requests: ['聊天请求', 'chat'].map((name) => ({
        ...run().requests[0],
        name,
        count: 1,
        serviceMs: run().serviceMs,
      })),
    });
    const [first, second] = plain(report({ runs: [names] })).match(/^ {4}(聊天请求|chat) .*$/gm) ?? [];
    expect(first !== undefined && displayWidth(first)).toBe(second !== undefined && displayWidth(second));
  });

  it('names the run of a threshold only where there are several', () => {
    expect(plain(report())).toMatch(/skew < 5%$/m);
    expect(plain(comparison())).toMatch(/skew < 5% · least_conn$/m);
    expect(
      plain(
        report({ thresholds: [threshold({ value: undefined, verdict: 'no-data', note: 'no samples' })] }),
      ),
    ).toMatch(/^ {2}\? no data {2}n\/a {2}skew < 5%\n {18}no samples$/m);
  });
});
