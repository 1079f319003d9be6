import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RunReport } from '../../src/model/report.js';
import { readReport } from '../../src/report/read-report.js';
import { freePorts } from '../lab/free-port.js';
import { compareWithSchema } from '../report/report-shape.js';
import { Workplace } from './lbbench.js';
import { HttpTarget } from './target.js';

/** Settles that every number hangs together. */
function expectConsistent(run: RunReport): void {
  const { started, droppedStarts: _, ...ends } = run.outcomes;
  const sum = (counts: readonly (number | undefined)[]) =>
    counts.reduce<number>((total, count = 0) => total + count, 0);
  expect(sum(Object.values(ends))).toBe(started);
  expect(sum(Object.values(run.status))).toBe(run.outcomes.responses);
  expect(sum(run.backends.map(({ count }) => count)) + run.unattributed).toBe(run.outcomes.responses);
  expect(run.serviceMs.count).toBe(run.outcomes.responses);
  for (const { serviceMs, ttfbMs, count, status } of run.backends) {
    expect([serviceMs.count, sum(Object.values(status))]).toEqual([count, count]);
    // autocannon does not tell when the first byte came.
    expect(ttfbMs.count).toBe(run.engine === 'autocannon' ? 0 : count);
  }
  const counted = run.timeline.flatMap(({ backends }) => Object.values(backends).map(({ count }) => count));
  expect(sum(counted)).toBe(sum(run.backends.map(({ count }) => count)));
  if (run.rps !== null) expect(run.rps).toBeCloseTo((run.outcomes.responses / run.load.durationMs) * 1000, 6);
}

let workplace: Workplace;
let server: HttpTarget;
let target = '';
beforeAll(async () => {
  let turn = 0;
  server = await HttpTarget.start((request, response) => {
    if (request.url !== '/bare') response.setHeader('X-Upstream', `10.0.0.${(turn++ % 3) + 1}:80`);
    response.end('ok');
  });
  target = `target: http://user:hidden-password@127.0.0.1:${server.port}`;
});
afterAll(() => {
  server.close();
});
beforeEach(() => {
  workplace = new Workplace();
});
afterEach(() => workplace.remove());

const rows: [string, string, (ports: number[]) => string][] = [
  [
    'of a balancer that already runs',
    'GET /',
    () => `${target}\nload: { requests: 60 }\nthresholds: ["skew < 50%"]`,
  ],
  [
    'of a lab',
    'GET /',
    (ports) =>
      `lab: { balancer: embedded, servers: ["127.0.0.1:${ports[0]} weight=2", "127.0.0.1:${ports[1]}"] }\nalgorithms: [round_robin, random]\nload: { requests: 60 }`,
  ],
  ['of the open model', 'GET /', () => `${target}\nload: { requests: 30, rate: 300/s }`],
  [
    'without attribution',
    'GET /bare',
    () => `${target}\nload: { requests: 10 }\nrequests: [{ path: /bare }]`,
  ],
  [
    'of a target that refuses',
    'GET /',
    (ports) => `target: http://127.0.0.1:${ports[0]}\nload: { requests: 10 }`,
  ],
  ['of autocannon', 'GET /', () => `${target}\nengine: autocannon\nload: { requests: 60 }`],
  ['of the scripted engine', 'GET /', () => `${target}\nengine: scripted\nload: { requests: 60 }`],
];

describe('the JSON report', () => {
  it.each(rows)('%s has every field, with null where nothing was measured', async (_, request, scenario) => {
    const { report, stdout } = await workplace.run(scenario(await freePorts(2)));
    expect(compareWithSchema([report])).toMatchObject({ extra: [], missing: [] });
    expect(readReport(stdout, 'stdout').schema).toBe('lbbench.report/1');
    expect(report.startedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(report.runs.length).toBeGreaterThan(0);
    for (const run of report.runs) {
      expectConsistent(run);
      expect(run.requests.map(({ name, count }) => [name, count])).toEqual([
        [request, run.outcomes.responses],
      ]);
    }
    expect(stdout).not.toContain('hidden-password');
    expect(workplace.read(`reports/${workplace.reports()[0]}`)).toBe(stdout);
  });

  it('repeats the same shares and requests for the same seed', async () => {
    const mix = `${target}\nload: { requests: 80, concurrency: 1 }\nrequests: [{ name: a, path: /a }, { name: b, path: "/b?{1..9}" }]`;
    const counts = async (seed: string) => {
      const { report } = await workplace.run(mix, ['--seed', seed]);
      expect(report.seed).toBe(Number(seed));
      return report.runs[0]?.requests.map(({ count }) => count);
    };
    expect(await counts('7')).toEqual(await counts('7'));
  });
});
