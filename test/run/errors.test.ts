import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeOfReport } from '../../src/cli/exit-codes.js';
import type { Report } from '../../src/model/report.js';
import type { Sample } from '../../src/model/sample.js';
import { exporters } from '../../src/report/exporters.js';
import { terminalReport } from '../../src/report/terminal.js';
import { runScenario } from '../../src/run/run-scenario.js';
import { readScenario } from '../../src/run/scenario-file.js';

let folder: string;
let server: Server;
let served = 0;

/** `/ok`, `/502` and so on: two backends in turn, of which `/half-502` breaks the second. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lbbench-errors-'));
  server = createServer((request, response) => {
    const backend = (served++ % 2) + 1;
    const [, half, code] = /^\/(half-)?(\d+)?/.exec(request.url ?? '') ?? [];
    const status = half !== undefined && backend === 1 ? 200 : Number(code ?? 200);
    response.writeHead(status, { 'X-Upstream': `127.0.0.1:800${backend}` }).end('{"answer": 42}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
  rmSync(folder, { recursive: true });
});

async function reportOf(path: string, more = ''): Promise<Report> {
  const { port } = server.address() as AddressInfo;
  const text = `target: http://127.0.0.1:${port}
load: { requests: 40, concurrency: 2 }
${/^expect/m.test(more) ? '' : 'expect: { "127.0.0.1:8001": 1, "127.0.0.1:8002": 1 }'}
requests: [{ path: ${path} }]
${more}`;
  const file = join(folder, 'errors.yaml');
  writeFileSync(file, text);
  return runScenario(readScenario(file).plan);
}

const terminal = (report: Report) => terminalReport(report, { color: false, width: 100 });

describe('a run whose scenario says nothing of errors', () => {
  it('fails when every answer is an error, however fast they were', async () => {
    const report = await reportOf('/502', 'thresholds: [p99 < 10s]');
    expect(report.thresholds).toMatchObject([
      { rule: 'p99 < 10s', implied: false, verdict: 'pass' },
      { rule: 'errors < 1%', implied: true, value: 1, verdict: 'fail' },
    ]);
    expect(report.verdict).toBe('fail');
    expect(codeOfReport(report)).toBe(1);
    expect(report.thresholds[1]?.note).toContain('allowErrors: true');
  });

  it('is judged by an implied rule, which is shown as such', async () => {
    const report = await reportOf('/200');
    expect(report).toMatchObject({ verdict: 'pass', thresholds: [{ implied: true, verdict: 'pass' }] });
    const implied = 'errors < 1% (implied)';
    expect(terminal(report)).toContain(implied);
    expect(exporters.markdown(report)).toContain(implied);
    expect(exporters.junit(report)).toContain('errors &lt; 1% (implied)');
    expect(await exporters.html(report)).toContain('errors &lt; 1% (implied)');
  });

  it.each([
    ['allowErrors: true', undefined],
    ['thresholds: ["errors < 100.0%"]', 'fail'],
    ['thresholds: ["errors <= 100%"]', 'pass'],
    ['thresholds: ["errors{backend=127.0.0.1:8001} <= 100%"]', 'pass'],
  ])('is not judged by it with %s', async (more, verdict) => {
    const report = await reportOf('/502', more);
    expect(report.thresholds.some(({ implied }) => implied)).toBe(false);
    expect(report.verdict).toBe(verdict);
  });

  it('that has no thresholds at all has no verdict, and ends with 0', async () => {
    const report = await reportOf('/502', 'allowErrors: true');
    expect(JSON.parse(exporters.json(report)).verdict).toBeNull();
    expect(codeOfReport(report)).toBe(0);
    expect(terminal(report)).toContain('No thresholds were set.');
  });
});

describe('the successes of a run', () => {
  it('have a rate and times of their own in the report, as has each status', async () => {
    const report = await reportOf('/half-502', 'allowErrors: true');
    const [run] = JSON.parse(exporters.json(report)).runs;
    expect(run.successes).toMatchObject({ count: 20, responseMs: { count: 20 }, ttfbMs: { count: 20 } });
    expect(run.successes.rps).toBeCloseTo(run.rps / 2, 6);
    expect(run.byStatus).toMatchObject([
      { status: '200', count: 20, serviceMs: { count: 20 } },
      { status: '502', count: 20, responseMs: { count: 20 } },
    ]);
    expect(run.backends.map(({ errors }: { errors: number }) => errors)).toEqual([0, 20]);
  });
});

describe('what counts as an error', () => {
  const counted = async (path: string, more: string) => {
    const report = await reportOf(path, more);
    const [run] = JSON.parse(exporters.json(report)).runs;
    return { report, run, rule: report.thresholds[0]?.value };
  };

  it.each([
    ['/half-429', 'errors: { 429: ok }', 0],
    ['/half-429', 'errors: { 4xx: ok }', 0],
    ['/half-429', 'errors: { 4xx: ok, 429: error }', 0.5],
    ['/half-429', 'errors: { 404: ok }', 0.5],
    ['/half-302', 'errors: { 3xx: error }', 0.5],
    ['/half-429', 'errors: { 429: ok }\nengine: autocannon', 0],
    ['/half-302', 'errors: { 3xx: error }\nengine: autocannon', 0.5],
  ])('of %s is as the scenario says with %s', async (path, more, ratio) => {
    const { run, rule } = await counted(path, more);
    expect(rule).toBe(ratio);
    expect(run.successes.count).toBe(40 - 40 * ratio);
    expect(run.backends.map(({ errors }: { errors: number }) => errors)).toEqual([0, 40 * ratio]);
  });

  it('is named as such where it is not by status 400 and above', async () => {
    const { report } = await counted('/half-302', 'errors: { 3xx: error }');
    expect(terminal(report)).toMatch(/Errors +50\.0 % +20 responses that count as errors/);
    expect(report.runs[0]?.warnings.map(({ text }) => text)).toContainEqual(
      expect.stringContaining('127.0.0.1:8002 answered nothing but errors: 20 × 302'),
    );
  });

  it('is said by a request before all others', async () => {
    const { port } = server.address() as AddressInfo;
    const file = join(folder, 'per-request.yaml');
    writeFileSync(
      file,
      `target: http://127.0.0.1:${port}
errors: { 4xx: ok }
requests:
  - { name: lenient, path: /404, exactly: 10 }
  - { name: strict, path: /404, errors: { 404: error }, exactly: 10 }`,
    );
    const samples: Sample[] = [];
    const report = await runScenario(readScenario(file).plan, { onSample: (sample) => samples.push(sample) });
    expect(report.thresholds).toMatchObject([{ rule: 'errors < 1%', value: 0.5, verdict: 'fail' }]);
    const failed = samples.filter(({ error }) => error).map(({ request }) => request);
    expect(failed).toEqual(Array(10).fill('strict'));
  });

  it.each([
    ['errors: { 42: ok }', 'expected a status such as 429, or a class such as 4xx, got "42"'],
    ['errors: { 429: fine }', 'expected one of ok, error, got "fine"'],
    ['errors: 429', 'expected a map of statuses to ok or error, such as { 429: ok }, got 429'],
  ])('is no %s', async (more, message) => {
    await expect(reportOf('/200', more)).rejects.toMatchObject({
      faults: [expect.objectContaining({ message })],
    });
  });
});

describe('a backend that was of no use', () => {
  const everywhere = async (report: Report, remark: string) => {
    expect(terminal(report).replaceAll(/\s+/g, ' ')).toMatch(new RegExp(`Verdict: .*, and ! ${remark}`));
    expect(exporters.markdown(report)).toContain(`- **${remark}`);
    expect(await exporters.html(report)).toContain(`! ${remark}`);
  };

  it('because all its answers are errors is warned of, and named with the verdict', async () => {
    const report = await reportOf('/half-502');
    expect(report.runs[0]?.warnings).toContainEqual({
      code: 'failing-backend',
      text: '127.0.0.1:8002 answered nothing but errors: 20 × 502',
    });
    await everywhere(report, '127.0.0.1:8002 answered nothing but errors');
  });

  it('because it got nothing is warned of, and named with the verdict', async () => {
    const report = await reportOf(
      '/200',
      'expect: { "127.0.0.1:8001": 1, "127.0.0.1:8002": 1, "127.0.0.1:8003": 2 }',
    );
    expect(report.runs[0]?.warnings).toContainEqual({
      code: 'silent-backend',
      text: '127.0.0.1:8003 got no request, and 50.0 % of them were expected',
    });
    await everywhere(report, '127.0.0.1:8003 got no request');
  });

  it('is nobody where nothing is expected of it, or where nobody says who answered', async () => {
    const idle = await reportOf(
      '/200',
      'expect: { "127.0.0.1:8001": 1, "127.0.0.1:8002": 1, "127.0.0.1:8003": 0 }',
    );
    const unnamed = await reportOf('/200', 'attribution: { header: X-Other }');
    for (const { runs } of [idle, unnamed])
      expect(runs[0]?.warnings.map(({ code }) => code)).not.toContain('silent-backend');
  });
});

describe('a run of which every answer is a redirect', () => {
  it('is warned of', async () => {
    const warned = async (path: string) =>
      (await reportOf(path)).runs[0]?.warnings.filter(({ code }) => code === 'redirects');
    expect(await warned('/302')).toMatchObject([{ text: expect.stringMatching(/^every answer is a 302,/) }]);
    expect(await warned('/half-302')).toEqual([]);
  });
});
