import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Report } from '../../src/model/report.js';
import type { Sample } from '../../src/model/sample.js';
import { exporters } from '../../src/report/exporters.js';
import { terminalReport } from '../../src/report/terminal.js';
import { runScenario } from '../../src/run/run-scenario.js';
import { planOf } from '../scenario/load-text.js';

let server: Server;
let served = 0;

/** Two backends in turn, of which the second answers 200 with an error in it, its end in a chunk of its own. */
beforeAll(async () => {
  server = createServer((request, response) => {
    const backend = (served++ % 2) + 1;
    const head = { 'X-Upstream': `127.0.0.1:800${backend}`, 'Content-Type': 'application/json' };
    if (request.url === '/long') {
      response.writeHead(200, head).end(`{"pad":"${'x'.repeat(3 * 1024 * 1024)}","answer":42}`);
    } else if (backend === 1) response.writeHead(200, head).end('{"answer": 42}');
    else {
      response.writeHead(request.url === '/503' ? 503 : 200, { ...head, 'X-Busy': 'yes' });
      response.write('{"error": {"code"');
      setTimeout(() => response.end(': "overloaded"}}'), 1);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});

function reportOf(requests: string, more = '', onSample?: (sample: Sample) => void): Promise<Report> {
  const { port } = server.address() as AddressInfo;
  const plan = planOf(`target: http://127.0.0.1:${port}
load: { ${requests.includes('exactly') ? '' : 'requests: 40, '}concurrency: 2 }
expect: { "127.0.0.1:8001": 1, "127.0.0.1:8002": 1 }
requests: [${requests}]
${more}`);
  return runScenario(plan, { onSample });
}

describe.each(['native', 'autocannon'])('checks, by the %s engine', (engine) => {
  const runOf = async (requests: string, more = '') => {
    const report = await reportOf(requests, `engine: ${engine}\n${more}`);
    return JSON.parse(exporters.json(report)).runs[0];
  };

  it.each([
    ['{ body: { /error: null } }', 'body /error is null'],
    ['{ body: answer }', 'body contains "answer"'],
    ['{ body: "/ANSWER/i" }', 'body matches /ANSWER/i'],
    ['{ body: { /answer: 42 } }', 'body /answer is 42'],
  ])('count a 200 that fails %s as an error of its backend', async (check, name) => {
    const run = await runOf(`{ path: /, check: ${check} }`);
    expect(run.checks).toEqual([
      { request: 'GET /', check: name, failed: 20, backends: { '127.0.0.1:8002': 20 } },
    ]);
    expect(run.outcomes).toMatchObject({ started: 40, responses: 40, failedChecks: 20 });
    expect(run.successes.count).toBe(20);
    expect(run.backends).toMatchObject([
      { count: 20, errors: 0 },
      { count: 20, errors: 20, failedChecks: 20 },
    ]);
    // It is the balancer's choice all the same.
    expect(run.distribution.skew).toBe(0);
  });

  it('are of each kind of request its own: statuses, headers, and of a long body the first MiB', async () => {
    const run =
      await runOf(`{ path: /a, exactly: 10, check: { status: 2xx, header: { Content-Type: application/json } } },
      { path: /b, exactly: 10, check: { status: [201, 204] } },
      { path: /c, exactly: 10, check: { header: { x-busy: "/yes|no/", x-none: "" } } },
      { path: /long, exactly: 4, check: { body: xxx } },
      { path: /long, name: end, exactly: 4, check: { body: answer } }`);
    const failed = run.checks.map((one: { request: string; failed: number }) => [one.request, one.failed]);
    expect(failed.filter(([name]: [string]) => !name.endsWith('/c'))).toEqual([
      ['GET /a', 0],
      ['GET /a', 0],
      ['GET /b', 10],
      ['GET /long', 0],
      ['end', 4],
    ]);
    // One by one: the first that fails is the one that counts.
    const ofC = failed.filter(([name]: [string]) => name.endsWith('/c'));
    expect(ofC.reduce((sum: number, [, count]: [string, number]) => sum + count, 0)).toBe(10);
  });

  it('leave an error by its status as one, and make none of a status that they ask for', async () => {
    const asked = await runOf('{ path: /503, check: { status: [200, 503] } }');
    expect(asked.successes.count).toBe(40);
    const other = await runOf('{ path: /503, check: { body: { /error: null } } }');
    expect(other.outcomes).not.toHaveProperty('failedChecks');
    expect(other.successes.count).toBe(20);
    expect(other.backends[1]).toMatchObject({ errors: 20 });
  });
});

describe('failed checks', () => {
  const broken = () => reportOf('{ path: /, check: { body: { /error: null } } }');

  it('fail a run that says nothing of errors, and are named with their backend', async () => {
    const report = await broken();
    expect(report).toMatchObject({ verdict: 'fail', thresholds: [{ rule: 'errors < 1%', value: 0.5 }] });
    const text = terminalReport(report, { color: false, width: 100 });
    expect(text).toMatch(/Errors +50\.0 % +20 failed checks\n/);
    expect(text).toMatch(/body \/error is null +20 +127\.0\.0\.1:8002 20\n/);
    expect(text).toContain('127.0.0.1:8002 answered nothing but errors: 20 failed checks');
    expect(exporters.markdown(report)).toContain('| `body /error is null` | 20 | 127.0.0.1:8002 20 |');
    expect(await exporters.html(report)).toContain('body /error is null');
  });

  it('stand in the samples', async () => {
    const samples: Sample[] = [];
    await reportOf('{ path: /, check: { body: { /error: null } } }', '', (sample) => samples.push(sample));
    const failed = samples.filter(({ error }) => error);
    expect(failed).toHaveLength(20);
    expect(failed[0]).toMatchObject({ outcome: 'response', failedCheck: 'body /error is null' });
    expect(samples.find(({ error }) => !error)).not.toHaveProperty('failedCheck');
  });

  it('are counted over threads', async () => {
    const report = await reportOf('{ path: /, check: { body: { /error: null } } }', 'threads: 2');
    expect(report.runs[0]?.checks).toMatchObject([{ failed: 20, backends: { '127.0.0.1:8002': 20 } }]);
  });
});
