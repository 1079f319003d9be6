import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LogAnswer } from '../../src/accesslog/log-answer.js';
import type { LogQuestion } from '../../src/accesslog/question.js';
import { readLog } from '../../src/accesslog/read-log.js';
import { readLogReport } from '../../src/run/log/log.js';
import { logFile } from './log-lines.js';

async function read(lines: readonly string[], question: Partial<LogQuestion> = {}): Promise<LogAnswer> {
  return readLog({ paths: [logFile(lines.map((one) => `${one}\n`).join(''))], ...question });
}

const served = ({ tally }: LogAnswer) =>
  Object.fromEntries(
    tally.cells.slice(1).map(({ address, count, counters }) => [address, [count, counters.retries]]),
  );
const service = ({ tally }: LogAnswer) => tally.overall('service').maxUs;

/** Where a client can put what it likes into a line of the balancer's. */
interface Balancer {
  readonly name: string;
  readonly line: (parts: { backend?: string; status?: string; request?: string; agent?: string }) => string;
  readonly none: string;
}

const balancers: readonly Balancer[] = [
  {
    name: 'Envoy',
    line: ({
      backend = '10.0.35.28:80',
      status = '200',
      request = 'POST /api/v1/locations',
      agent = 'nsq2http',
    }) =>
      `[2016-04-15T20:17:00.310Z] "${request} HTTP/2" ${status} - 154 5 226 100 "10.0.35.28" "${agent}" "cc21d9b0-cf5c-432b-8c7e-98aeb7988cd2" "locations" "${backend}"`,
    none: '-',
  },
  {
    name: 'Traefik',
    line: ({ backend = 'http://10.0.0.2:80', status = '200', request = 'GET /foo', agent = 'agent' }) =>
      `10.0.0.1 - - [10/Nov/2009:23:00:00 +0000] "${request} HTTP/1.1" ${status} 132 "referer" "${agent}" 7 "web@docker" "${backend}" 226ms`,
    none: '-',
  },
  {
    name: 'AWS ALB',
    line: ({
      backend = '10.0.0.1:80',
      status = '200',
      request = 'GET http://www.example.com:80/',
      agent = 'curl/7.46.0',
    }) =>
      `http 2018-07-02T22:23:00.186641Z app/my-loadbalancer/50dc6c495c0c9188 192.168.131.39:2817 ${backend} 0.000 0.226 0.000 ${status} ${status} 34 366 "${request} HTTP/1.1" "${agent}" - - arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/my-targets/73e2d6bc24d8a067 "Root=1-58337262-36d228ad5d99923122bbe354" "-" "-" 0 2018-07-02T22:22:48.364000Z "forward" "-" "-" "10.0.0.1:80" "200" "-" "-"`,
    none: '-',
  },
  {
    name: 'Apache',
    line: ({ backend = 'http://10.0.0.2:80', status = '200', request = 'GET /foo', agent = 'curl' }) =>
      `127.0.0.1 - - [10/Nov/2009:23:00:00 +0000] "${request} HTTP/1.1" ${status} 1 "-" "${agent}" ${backend} 226000`,
    none: '-',
  },
];

describe.each(balancers)('the log of $name', ({ name, line, none }) => {
  const address = /(\d+\.\d+\.\d+\.\d+:80)/.exec(line({}).replace(/192\.\S+/, ''))?.[1] ?? '';

  it('is recognised, and says who served, how long it took and what was asked', async () => {
    const lines = [line({}), line({ status: '404' }), line({ backend: none })];
    const answer = await read(lines, { by: 'uri' });
    expect([answer.format.dialect, answer.unmatched.first]).toEqual([name, []]);
    expect(served(answer)).toEqual({ [address]: [2, 0] });
    expect(answer.tally.counters.notProxied).toBe(1);
    expect(answer.tally.statusCounts()).toEqual({ '200': 2, '404': 1 });
    expect(service(answer)).toBe(226_000);
    expect(answer.groups.map(({ key }) => key)).toHaveLength(1);
    expect(answer.groups[0]?.key).toMatch(/^\/[\w/]*$/);
    expect((await read(lines, { selection: { method: ['get', 'post'], userAgent: ['*'] } })).selected).toBe(
      3,
    );
    const { log } = await readLogReport({ paths: [logFile(`${lines.join('\n')}\n`)] });
    expect(log?.balancer).toBe(name);
  });

  it('is read behind what a container puts in front of it', async () => {
    const answer = await read([line({}), line({})].map((one) => `2026-11-22T10:00:00.5Z stdout F ${one}`));
    expect([answer.format.dialect, answer.records]).toEqual([name, 2]);
  });

  it('lets no client choose the backend', async () => {
    const word = fc.constantFrom(
      ...[
        '"',
        '\\"',
        ' ',
        '-',
        '200',
        '10.9.9.9:80',
        '"10.9.9.9:80"',
        'http://10.9.9.9:80',
        '226',
        '226ms',
        '7',
        'a',
        '[',
        ']',
      ],
      '" 200 5 "-" "-" http://10.9.9.9:80 5',
      '" "id" "host" "10.9.9.9:80"',
      '" 5 "r" "http://10.9.9.9:80" 3ms',
    );
    const text = fc.array(word, { maxLength: 8 }).map((words) => words.join(' '));
    const escaped = (one: string) => (name === 'Apache' ? one.replaceAll(/["\\]/g, '\\$&') : one);
    let matched = 0;
    await fc.assert(
      fc.asyncProperty(text, text, async (agent, path) => {
        const hostile = line({ agent: escaped(agent), request: `GET /${escaped(path)}` });
        const answer = await read([line({}), hostile]);
        matched += answer.records - 1;
        expect(Object.keys(served(answer))).toEqual([address]);
      }),
      { numRuns: 300 },
    );
    expect(matched).toBeGreaterThan(30);
  });
});

describe('Envoy', () => {
  const istio =
    '[2020-11-25T21:26:18.409Z] "GET /status/418 HTTP/1.1" 418 - via_upstream - "-" 0 135 4 3 "-" "curl/7.73.0-DEV" "84961386-6d84-929d-98bd-c5aee93b5c88" "httpbin:8000" "10.44.1.27:80" outbound|8000||httpbin.foo.svc.cluster.local 10.44.1.23:37652 10.0.45.184:8000 10.44.1.23:46520 - default';
  const json = {
    start_time: '2020-11-25T21:26:18.409Z',
    method: 'GET',
    path: '/status/418',
    protocol: 'HTTP/1.1',
    response_code: 418,
    response_flags: '-',
    bytes_sent: 135,
    duration: 4,
    upstream_service_time: '3',
    user_agent: 'curl',
    authority: 'httpbin:8000',
    upstream_host: '10.44.1.27:80',
    upstream_cluster: 'outbound|8000||httpbin',
  };

  it("is read as Istio has it, as text and as JSON, with its members' values", async () => {
    const answer = await read([
      istio,
      JSON.stringify(json),
      JSON.stringify({ ...json, upstream_host: null }),
    ]);
    expect([answer.records, answer.unmatched.count]).toEqual([3, 0]);
    expect(served(answer)).toEqual({ '10.44.1.27:80': [2, 0] });
    const [, cell] = answer.tally.cells;
    expect([cell?.clocks.service.maxUs, cell?.clocks.ttfb.maxUs]).toEqual([4000, 3000]);
  });

  it('tells by its flags that no host was healthy, and a response that was none', async () => {
    const lines = ['UH', 'UF,URX', 'NR', 'DC'].map((flags) =>
      istio
        .replace('418 - via', `503 ${flags} via`)
        .replace('"10.44.1.27:80"', flags === 'UH' || flags === 'NR' ? '"-"' : '"10.44.1.27:80"'),
    );
    const { tally } = await read([...lines, istio.replace('" 418 -', '" 0 DC')]);
    expect([tally.counters.noBackendLeft, tally.counters.notProxied]).toEqual([1, 1]);
    expect(tally.cells[1]?.count).toBe(3);
    expect(tally.statusCounts()).toEqual({ '503': 4 });
  });

  it('takes a format string of its own, and knows how often it tried', async () => {
    const text = '%UPSTREAM_HOST% %UPSTREAM_REQUEST_ATTEMPT_COUNT% %RESPONSE_CODE% %REQ(:PATH):200%\\n';
    const answer = await read(['10.0.0.1:80 3 200 /a', '10.0.0.2:80 1 200 /b'], { format: { text } });
    expect(served(answer)).toEqual({ '10.0.0.1:80': [1, 0], '10.0.0.2:80': [1, 0] });
    await expect(read(['x'], { format: { text: '%DURATION%%RESPONSE_CODE%' } })).rejects.toThrow(
      /some text before "%RESPONSE_CODE%"/,
    );
  });
});

describe('Traefik', () => {
  it('is read as JSON, with its durations in nanoseconds', async () => {
    const record = {
      ClientHost: '10.0.0.1',
      DownstreamContentSize: 12,
      DownstreamStatus: 200,
      Duration: 12_345_678,
      OriginDuration: 10_000_000,
      OriginStatus: 200,
      RequestMethod: 'GET',
      RequestPath: '/a?b',
      RetryAttempts: 0,
      RouterName: 'web@docker',
      ServiceAddr: '172.18.0.3:80',
      ServiceName: 'web@docker',
      ServiceURL: { Scheme: 'http', Host: '172.18.0.3:80', Path: '' },
      StartUTC: '2023-01-01T00:00:00.123456789Z',
      level: 'info',
      msg: '',
      time: '2023-01-01T00:00:00Z',
      'request_User-Agent': 'curl',
    };
    const { ServiceAddr: _, ServiceURL: __, OriginStatus: ___, ...local } = record;
    const answer = await read(
      [record, { ...record, ServiceURL: 'http://172.18.0.4:8080', RetryAttempts: 1 }, local].map((one) =>
        JSON.stringify(one),
      ),
    );
    expect(answer.format.dialect).toBe('Traefik');
    expect(served(answer)).toEqual({ '172.18.0.3:80': [1, 0], '172.18.0.4:8080': [1, 0] });
    expect(answer.tally.counters.notProxied).toBe(1);
    expect(answer.tally.clocks.response.maxUs).toBe(12_345);
    expect(answer.tally.cells[1]?.clocks.service.maxUs).toBe(10_000);
    expect(answer.firstStartMs).toBe(Date.UTC(2023, 0, 1, 0, 0, 0, 123));
  });

  it('is read where a request had no status, service or client', async () => {
    const answer = await read([
      '10.0.0.1 - Client [10/Nov/2009:23:00:00 +0000] "GET /foo http" - - "-" "-" 0 "-" "-" 123000ms',
      '10.0.0.1 - Client [10/Nov/2009:14:00:00 -0900] "GET /foo http" 123 132 "referer" "agent" - "foo" "http://10.0.0.2/toto" 123000ms',
    ]);
    expect(answer.unmatched.first).toEqual([]);
    expect(served(answer)).toEqual({ '10.0.0.2:80': [1, 0] });
    expect(answer.tally.counters.notProxied).toBe(1);
  });
});

describe('the Application Load Balancer', () => {
  const tail =
    '"Root=1-58337364-23a8c76965a2ef7629b185e3" "api.example.com" "session-reused" 0 2018-07-02T22:22:48.364000Z "waf,forward" "-" "-"';
  const fields = (target: string, times: string, statuses: string) =>
    `https 2018-07-02T22:23:00.186641Z app/my-loadbalancer/50dc6c495c0c9188 192.168.131.39:2817 ${target} ${times} ${statuses} 34 366 "GET https://www.example.com:443/a?b HTTP/1.1" "curl/7.46.0" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/my-targets/73e2d6bc24d8a067`;

  it('is read at any age, with targets that broke off, redirects and functions', async () => {
    const answer = await read([
      `${fields('10.0.0.1:80', '0.086 0.048 0.037', '200 200')} ${tail} "10.0.0.1:80" "200" "-" "-" TID_1234abcd5678ef90`,
      `${fields('10.0.0.1:80', '0.086 0.048 0.037', '200 200')} ${tail}`,
      `${fields('10.0.0.1:80', '0.086 0.048 0.037', '200 200')} "Root=1-58337364-23a8c76965a2ef7629b185e3"`,
      `${fields('10.0.0.2:80', '0.001 -1 -1', '502 -')} ${tail} "-" "-" "-" "-"`,
      `${fields('-', '-1 -1 -1', '301 -')} ${tail} "-" "-" "-" "-"`,
      `${fields('[2001:db8::1]:80', '0.000 0.001 0.000', '200 200')} ${tail} "-" "-" "-" "-" - - -`,
    ]);
    expect(answer.unmatched.first).toEqual([]);
    expect(served(answer)).toEqual({
      '10.0.0.1:80': [3, 0],
      '10.0.0.2:80': [1, 0],
      '[2001:db8::1]:80': [1, 0],
    });
    expect(answer.tally.counters.notProxied).toBe(1);
    expect(answer.tally.clocks.response.maxUs).toBe(171_000);
    // The second one's target broke off, so the answer was the balancer's.
    expect(Object.fromEntries(answer.servedFinal ?? [])).toEqual({ '10.0.0.1:80': 3, '[2001:db8::1]:80': 1 });
  });
});

describe('Caddy', () => {
  const record = (extra: object, status = 200) =>
    JSON.stringify({
      level: 'info',
      ts: 1646861401.5241024,
      logger: 'http.log.access.log0',
      msg: 'handled request',
      request: {
        remote_ip: '127.0.0.1',
        remote_port: '41342',
        proto: 'HTTP/2.0',
        method: 'GET',
        host: 'localhost',
        uri: '/chat?a',
        headers: { 'User-Agent': ['curl/7.82.0'], Accept: ['*/*'] },
      },
      user_id: '',
      duration: 0.000929675,
      size: 10900,
      status,
      ...extra,
    });
  const header = (upstream: string) =>
    record({ resp_headers: { Server: ['Caddy'], 'X-Upstream': [upstream] } });

  it('names the backend in a header of the response, and its errors are no requests', async () => {
    const failed = record({ resp_headers: { Server: ['Caddy'] } }, 502);
    const error = JSON.stringify({
      ...(JSON.parse(failed) as object),
      logger: 'http.log.error.log0',
      msg: 'dial tcp: refused',
      size: undefined,
      resp_headers: undefined,
    });
    const answer = await read([header('10.0.0.1:80'), header('10.0.0.2:80'), record({}), error, failed], {
      by: 'user-agent',
    });
    expect([answer.format.dialect, answer.records, answer.unmatched.count]).toEqual(['Caddy', 4, 1]);
    expect(served(answer)).toEqual({ '10.0.0.1:80': [1, 0], '10.0.0.2:80': [1, 0] });
    expect(answer.tally.counters.notProxied).toBe(1);
    expect(answer.groups.map(({ key }) => key)).toEqual(['curl/7.82.0']);
    expect([answer.tally.cells[1]?.clocks.service.maxUs, answer.window?.toMs]).toEqual([
      929, 1646861401524.102,
    ]);
  });

  it('names it in a member of the record, with how often it tried before', async () => {
    const lines = [
      record({ upstream: '10.0.0.1:80', retries: 2 }),
      record({ upstream: 'app:8080' }),
      record({}),
    ];
    expect(served(await read(lines))).toEqual({ '10.0.0.1:80': [1, 0], 'app:8080': [1, 0] });
  });

  it('tells no backend where its configuration adds none, and says what to add', async () => {
    const { runs } = await readLogReport({ paths: [logFile(`${record({})}\n${record({})}\n`)] });
    expect(runs[0]?.backends).toEqual([]);
    expect(runs[0]?.warnings.map(({ text }) => text).join()).toContain('header_down X-Upstream');
  });
});

describe('Apache', () => {
  it('takes a LogFormat of its own, as text and as the directive that it is pasted from', async () => {
    const line =
      'web:80 1.1.1.1 [10/Nov/2009:23:00:00 +0000] "GET /\\"a\\\\ HTTP/1.1" 200 5 unix:/run/a.sock|http://localhost/ 12';
    const text = '%v:%p %h %t "%r" %>s %O %{BALANCER_WORKER_NAME}e %{ms}T';
    for (const format of [
      text,
      `LogFormat "${text.replaceAll('"', '\\"')}" up`,
      `CustomLog /a "${text.replaceAll('"', '\\"')}"`,
    ]) {
      const answer = await read([line], { format: { text: format }, by: 'uri' });
      expect(answer.unmatched.first).toEqual([]);
      expect(served(answer)).toEqual({ 'unix:/run/a.sock': [1, 0] });
      expect(answer.groups.map(({ key }) => key)).toEqual(['/"a\\']);
      expect([service(answer), answer.tally.counters.receivedBytes]).toEqual([12_000, 5]);
    }
  });

  it('knows workers by their route', async () => {
    const text = '%h %>s %{BALANCER_WORKER_ROUTE}e';
    expect(served(await read(['::1 200 s1', '::1 200 s2', '::1 404 -'], { format: { text } }))).toEqual({
      s1: [1, 0],
      s2: [1, 0],
    });
  });
});
