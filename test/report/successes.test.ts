import { describe, expect, it } from 'vitest';
import type { RunReport } from '../../src/model/report.js';
import { exporters } from '../../src/report/exporters.js';
import { terminalReport } from '../../src/report/terminal.js';
import { latency, report, run } from './fixture.js';

/** Half of the requests failed in no time; the others took 40 ms. */
const failingFast = run({
  name: 'least_conn',
  algorithm: 'least_conn',
  status: { '200': 500, '502': 500 },
  responseMs: latency(1000, 0.3),
  successes: {
    count: 500,
    rps: 226.2,
    responseMs: latency(500, 40),
    serviceMs: latency(500, 40),
    ttfbMs: latency(500, 39),
  },
});

/** All went well, in 20.6 ms. */
const good = withSuccesses(run());

function withSuccesses(of: RunReport): RunReport {
  const { rps, responseMs, serviceMs, ttfbMs } = of;
  return { ...of, successes: { count: 1000, rps, responseMs, serviceMs, ttfbMs } };
}

const terminal = (...runs: readonly RunReport[]) =>
  terminalReport(report({ runs, thresholds: [] }), { color: false, width: 120 });
const lineOf = (text: string, start: RegExp) => text.split('\n').filter((line) => start.test(line));

describe('the successes of a run with errors', () => {
  it('stand beside all requests on the terminal, in rate and times', () => {
    const text = terminal(failingFast);
    expect(text).toMatch(/Requests\/s +452 +226 without the errors/);
    expect(text).toMatch(/ {2}response +1,000 .*\n {4}without errors +500 +16\.0 .* 40\.0 /);
  });

  it('stand beside all in Markdown and on the page', async () => {
    const failed = report({ runs: [failingFast], thresholds: [] });
    expect(exporters.markdown(failed)).toMatch(/req\/s \| req\/s ok \| p50 ms \| p50 ok ms \|/);
    expect(exporters.markdown(failed)).toContain('| 452 | 226 | 0.30 | 40.0 |');
    const page = await exporters.html(failed);
    const heads = [
      'p99 ms',
      'p99 ok ms',
      'response without errors',
      'Response time without errors by percentile',
    ];
    for (const head of heads) expect(page).toContain(`>${head}<`);
    expect(page).toContain('the columns with ok are without them');
  });

  it('take the place of all where the best of several is marked', () => {
    const text = terminal(good, failingFast);
    const [head = ''] = lineOf(text, /req\/s ok/);
    expect(head).toMatch(/req\/s +req\/s ok +p50 +p50 ok +p99 +p99 ok/);
    expect(lineOf(text, /^ {2}round_robin .*\*/)[0]).toMatch(/452 +452\* +20\.6 +20\.6\* +63\.9 +63\.9\*/);
    expect(lineOf(text, /^ {2}least_conn .*%/)[0]).toMatch(/452 +226 +0\.30 +40\.0 +0\.93 +124 +50\.0 %/);
    expect(text).toContain('ok is without the errors');
  });

  it('earn no mark for who fails more than chance explains, however quick the rest is', () => {
    const quickRest = { ...failingFast, successes: { count: 500, rps: 226.2, ...quick } };
    expect(lineOf(terminal(good, quickRest), /^ {2}least_conn .*%/)[0]).toMatch(/226 +0\.30 +1\.00 /);
  });

  it('are not repeated where they say the same', () => {
    const texts = [
      terminal(good),
      terminal(good, withSuccesses(run({ name: 'random', algorithm: 'random' }))),
    ];
    for (const text of texts) expect(text).not.toMatch(/ ok|without (the )?errors/);
    expect(exporters.markdown(report({ runs: [good] }))).not.toContain(' ok');
  });
});

const quick = { responseMs: latency(500, 1), serviceMs: latency(500, 1), ttfbMs: latency(500, 1) };
