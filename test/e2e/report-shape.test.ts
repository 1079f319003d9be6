import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Report } from '../../src/model/report.js';
import { reportJsonSchema } from '../../src/report/read-report.js';
import { freePorts } from '../lab/free-port.js';
import { compareWithSchema } from '../report/report-shape.js';
import { Workplace } from './lbbench.js';
import { HttpTarget } from './target.js';

const reports: Report[] = [];
let workplace: Workplace;
let balancer: HttpTarget;
beforeAll(() => {
  workplace = new Workplace();
});
afterAll(() => {
  balancer?.close();
  workplace.remove();
});

const logFormat = '"$request" $status "$http_user_agent" $upstream_addr';

/** Names backends in turn, and logs what it did as nginx would. */
async function startBalancer(log: string): Promise<string> {
  let turn = 0;
  writeFileSync(log, '');
  balancer = await HttpTarget.start((request, response) => {
    const backend = `10.0.0.${(turn++ % 2) + 1}:80`;
    response.setHeader('X-Upstream', backend);
    response.end('ok', () =>
      appendFileSync(
        log,
        `"GET ${request.url} HTTP/1.1" 200 "${request.headers['user-agent'] ?? '-'}" ${backend}\n`,
      ),
    );
  });
  return balancer.url;
}

describe('every kind of report', { timeout: 60_000 }, () => {
  it('of a drill of several methods', async () => {
    const [fast, failing] = (await freePorts(2)).map((port) => `127.0.0.1:${port}`);
    const { report } = await workplace.run(`
lab:
  balancer: embedded
  servers: ["${fast} fail_timeout=1s", "${failing} fail_timeout=1s"]
  backend: { latency: 2ms }
  events: [{ at: 300ms, backend: "${failing}", do: stop }, { at: 700ms, backend: "${failing}", do: start }]
algorithms: ["hash $request_uri"]
repeat: 2
load: { duration: 2500ms, concurrency: 4 }
requests: [{ name: item, path: "/item/{1..100}" }]
thresholds: ["skew < 0.1%", "p99 < 1s"]`);
    reports.push(report);
    expect(report.runs[0]?.failover?.outages).toHaveLength(1);
  });

  it('of methods of which one is the better', async () => {
    const [fast, slow] = (await freePorts(2)).map((port) => `127.0.0.1:${port}`);
    const { report } = await workplace.run(`
lab:
  balancer: embedded
  servers: [{ server: "${slow}", latency: 600ms }, "${fast}"]
# Every request has the same key, whose backend is the fast one.
algorithms: [round_robin, "hash $request_uri"]
# So many rounds that a busy machine's unequal ones are told from the difference.
repeat: 6
load: { requests: 12, concurrency: 4, wire: node }`);
    reports.push(report);
    expect(report.advice).toMatchObject({ algorithm: 'hash $request_uri', over: 'round_robin' });
  });

  it('of streams of language models in sessions', async () => {
    const servers = (await freePorts(2)).map((port) => `"127.0.0.1:${port}"`).join(', ');
    const { report } = await workplace.run(`
lab:
  balancer: embedded
  servers: [${servers}]
  backend: { llm: { preset: 8b-h100, slots: 4, cache: 8k, speed: 20 } }
load: { rate: 60/s, requests: 90, concurrency: 60 }
sessions: { turns: 3, open: 6, header: X-Session-Id }
requests:
  - name: chat
    llm: { model: demo, prefix: { tokens: 40 }, prompts: { tokens: 60 }, output: { tokens: 12 } }
slo: { ttft: 1s, tpot: 1s, e2e: 9s }
thresholds: ["token-skew < 90%", "goodput > 10%"]`);
    reports.push(report);
    expect(report.runs[0]?.llm?.streams.complete).toBe(90);
  });

  it('of a load in stages', async () => {
    const [server] = (await freePorts(1)).map((port) => `"127.0.0.1:${port}"`);
    const { report } = await workplace.run(`
lab: { balancer: embedded, servers: [${server}] }
load:
  concurrency: 50
  stages: [{ name: up, rate: { from: 10/s, to: 50/s }, duration: 1s }, { name: top, rate: 50/s, duration: 1s }]`);
    reports.push(report);
    expect(report.runs[0]?.stages).toHaveLength(2);
  });

  it('of a balancer that does not do what its configuration says, with its log', async () => {
    const log = join(workplace.folder, 'access.log');
    const target = await startBalancer(log);
    workplace.write(
      'pool.conf',
      'upstream pool { hash $request_uri; server 10.0.0.1:80; server 10.0.0.2:80; }',
    );
    const { report } = await workplace.run(`
target: ${target}
expect: { nginxConf: pool.conf, upstream: pool }
load: { requests: 60, concurrency: 1 }
requests: [{ path: "/item/{1..100}", check: { body: nowhere } }]`);
    const { report: logged } = await workplace.run(`
target: ${target}
attribution: { log: ${log}, format: ${JSON.stringify(logFormat)} }
load: { requests: 20, rate: 200/s }`);
    reports.push(report, logged);
    expect(report.runs[0]?.prediction?.firstMismatch).toMatchObject({ request: expect.any(Number) });
    expect(logged.runs[0]?.reconciliation).toMatchObject({ logLines: 20 });
  });

  it('of a log in which a backend was not seen for half of the time', async () => {
    const line = (i: number) =>
      `${1_700_000_000 + i}.000 200 127.0.0.1:${i > 100 && i % 2 > 0 ? 8002 : 8001}\n`;
    workplace.write('late.log', Array.from({ length: 200 }, (_, i) => line(i)).join(''));
    const args = [
      'log',
      'late.log',
      '--format',
      '$msec $status $upstream_addr',
      '--export-json',
      '-',
      '--quiet',
    ];
    const { stdout } = await workplace.lbbench(args);
    const report = JSON.parse(stdout) as Report;
    reports.push(report);
    expect(report.runs[0]?.distribution.presentSkew).toBeLessThan(0.05);
  });

  it('of a log of two formats', async () => {
    const combined = '127.0.0.1 - - [02/Mar/2025:00:00:00 +0000] "GET / HTTP/1.0" 200 18 "-" "x"';
    workplace.write('two.log', `${combined}\n${combined} "-" to: 127.0.0.1:8001\n`);
    const { stdout } = await workplace.lbbench(['log', 'two.log', '--export-json', '-', '--quiet']);
    const report = JSON.parse(stdout) as Report;
    reports.push(report);
    expect(report.log?.formats).toHaveLength(2);
  });

  it("of another balancer's log", async () => {
    const line =
      '10.0.1.2:33317 [06/Feb/2009:12:14:14.655] web static/s1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 "GET / HTTP/1.1"';
    workplace.write('haproxy.log', `${line}\n${line.replace('s1 ', '<NOSRV> ').replace('----', 'SC--')}\n`);
    const { stdout } = await workplace.lbbench(['log', 'haproxy.log']);
    expect(stdout).toContain('HAProxy answered itself');
    const { stdout: json } = await workplace.lbbench(['log', 'haproxy.log', '--export-json', '-', '--quiet']);
    const report = JSON.parse(json) as Report;
    reports.push(report);
    expect(report.log?.balancer).toBe('HAProxy');
  });

  it('of a log with more values than are kept', async () => {
    const lines = Array.from(
      { length: 1200 },
      (_, n) =>
        `127.0.0.1 - - [22/Nov/2026:10:04:0${n % 10} +0000] "GET /item/${n} HTTP/1.1" 200 12 0.020 10.0.0.${(n % 2) + 1}:80 200 0.010`,
    );
    workplace.write('split.log', [...lines, 'no request', ''].join('\n'));
    const format =
      '$remote_addr - - [$time_local] "$request" $status $body_bytes_sent $request_time $upstream_addr $upstream_status $upstream_response_time';
    const args = ['log', 'split.log', '--format', format, '--by', 'uri', '--export-json', '-', '--quiet'];
    const { stdout } = await workplace.lbbench(args);
    const report = JSON.parse(stdout) as Report;
    reports.push(report);
    expect(report.log?.others).not.toBeNull();
  });

  it('has the fields of the schema: none is missing, none is beyond, none is never filled', () => {
    const { unseen, ...others } = compareWithSchema(reports);
    // What machines that send together say of themselves is held against the schema where there is a Redis, and what mends
    // a stream in lumps where there is an nginx that lumps it.
    const expected = unseen.filter(
      (path) =>
        !/^report\.runs\.(agents|lostBounded|outcomes\.(lost|neverStarted)|llm\.buffering\.remedy)/.test(
          path,
        ),
    );
    expect({ ...others, unseen: expected }).toEqual({ extra: [], missing: [], unseen: [] });
  });
});

describe('the JSON Schema of the report', () => {
  it('is printed, and says of every field of it what it means or what it is made of', async () => {
    const { code, stdout } = await workplace.lbbench(['schema', '--report']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual(reportJsonSchema());
    expect(JSON.parse(stdout)).toMatchObject({
      title: 'lbbench report',
      required: ['schema', 'tool', 'startedAt', 'seed', 'scenario', 'runs', 'thresholds'],
      properties: {
        runs: {
          items: { properties: { rps: { anyOf: [{ type: 'number', minimum: 0 }, { type: 'null' }] } } },
        },
      },
    });
  });
});
