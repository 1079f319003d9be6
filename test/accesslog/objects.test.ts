import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recogniseFormats } from '../../src/accesslog/dialect/recognise.js';
import type { LogAnswer } from '../../src/accesslog/log-answer.js';
import type { LogQuestion } from '../../src/accesslog/question.js';
import { readLog } from '../../src/accesslog/read-log.js';
import { matcherFor } from '../../src/accesslog/scanner/matcher.js';
import { ObjectMatcher } from '../../src/accesslog/scanner/object-matcher.js';
import { Scanner } from '../../src/accesslog/scanner/scanner.js';
import { type LogFormat, objectFormat } from '../../src/nginx/log-format.js';
import { logFile } from './log-lines.js';

const a = '10.0.0.1:8080';
const b = '10.0.0.2:8080';

async function read(
  records: readonly (object | string)[],
  question: Partial<LogQuestion> = {},
): Promise<LogAnswer> {
  const lines = records.map((one) => `${typeof one === 'string' ? one : JSON.stringify(one)}\n`);
  return readLog({ paths: [logFile(lines.join(''))], ...question });
}

const counts = ({ tally }: LogAnswer) =>
  Object.fromEntries(
    tally.cells.slice(1).map(({ address, count, counters }) => [address, [count, counters.retries]]),
  );

/** The named variables of the only format of some lines, by the path of their member. */
function namesOf(...records: readonly object[]): Record<string, string> {
  const [format, ...others] = recogniseFormats(
    Buffer.from(records.map((record) => `${JSON.stringify(record)}\n`).join('')),
  );
  expect(others).toEqual([]);
  const { paths = [] } = format?.object ?? {};
  const named = paths.map((path, index) => [path.join('.'), format?.variables[index] ?? ''] as const);
  return Object.fromEntries(named.filter(([, name]) => !name.startsWith('unknown_')));
}

describe('JSON with the names that people use', () => {
  it.each([
    [
      "ELK's",
      {
        '@timestamp': '2026-11-22T10:00:00+08:00',
        host: '10.0.0.9',
        clientip: '192.0.2.1',
        size: 100,
        responsetime: 0.02,
        upstreamtime: '0.020',
        upstreamhost: a,
        http_host: 'a.test',
        url: '/index.html',
        xff: '-',
        referer: '-',
        agent: 'curl',
        status: '200',
      },
      {
        '@timestamp': 'time_iso8601',
        host: 'host',
        clientip: 'remote_addr',
        size: 'body_bytes_sent',
        responsetime: 'request_time',
        upstreamtime: 'upstream_response_time',
        upstreamhost: 'upstream_addr',
        http_host: 'http_host',
        url: 'request_uri',
        xff: 'http_x_forwarded_for',
        referer: 'http_referer',
        agent: 'http_user_agent',
        status: 'status',
      },
    ],
    [
      'by their path',
      {
        time: '2026-11-22T10:00:00.123Z',
        upstream: { addr: a, status: 200, response_time: 0.01 },
        request: { method: 'GET', uri: '/v1', time: 0.011 },
        response: { status: 200 },
      },
      {
        time: 'time_iso8601_ms',
        'upstream.addr': 'upstream_addr',
        'upstream.status': 'upstream_status',
        'upstream.response_time': 'upstream_response_time',
        'request.method': 'request_method',
        'request.uri': 'request_uri',
        'request.time': 'request_time',
        'response.status': 'status',
      },
    ],
    [
      'under the name of who logs',
      {
        '@timestamp': '2026-11-22T10:00:00Z',
        kubernetes: { host: 'node-1', pod: { ip: '10.1.1.1' } },
        nginx: { access: { upstream_addr: a, status: 200, 'request-time': 0.5 } },
      },
      {
        '@timestamp': 'time_iso8601',
        'nginx.access.upstream_addr': 'upstream_addr',
        'nginx.access.status': 'status',
        'nginx.access.request-time': 'request_time',
      },
    ],
    [
      'in camel case, with times in milliseconds',
      { ts: 1795341600123, requestMethod: 'GET', statusCode: 200, durationMs: 12, upstreamAddr: a },
      {
        ts: 'msec_since_1970',
        requestMethod: 'request_method',
        statusCode: 'status',
        durationMs: 'request_time_ms',
        upstreamAddr: 'upstream_addr',
      },
    ],
    [
      'where a whole number may be of any unit',
      { timestamp: 1795341600, status: 200, responsetime: 12, upstream_addr: a },
      { timestamp: 'msec', status: 'status', upstream_addr: 'upstream_addr' },
    ],
    [
      "ECS's",
      {
        '@timestamp': '2026-11-22T10:00:00.000Z',
        http: { request: { method: 'GET' }, response: { status_code: 200, body: { bytes: 5 } } },
        url: { original: '/a' },
        source: { address: '192.0.2.1' },
        user_agent: { original: 'curl' },
        event: { duration: 12 },
      },
      {
        '@timestamp': 'time_iso8601_ms',
        'http.request.method': 'request_method',
        'http.response.status_code': 'status',
        'http.response.body.bytes': 'body_bytes_sent',
        'url.original': 'request_uri',
        'source.address': 'remote_addr',
        'user_agent.original': 'http_user_agent',
      },
    ],
  ])('is understood: %s', (_, record, names) => {
    expect(namesOf(record)).toEqual(names);
  });

  it('takes a pool’s name and an address of the client for no backend', () => {
    expect(namesOf({ status: 200, upstream: 'pool', peer: '192.0.2.1:40000', rt: 0.1 })).toEqual({
      status: 'status',
      rt: 'request_time',
    });
  });
});

describe('members that come, go and change their order', () => {
  const records = [
    {
      time: '2026-11-22T10:00:00.5Z',
      status: 200,
      request_time: 0.02,
      upstream_addr: a,
      upstream_response_time: '0.02',
    },
    {
      upstream_addr: `${a}, ${b}`,
      request_time: 0.3,
      status: 200,
      upstream_response_time: '0.1, 0.2',
      time: '2026-11-22T10:00:01Z',
    },
    { time: '2026-11-22T10:00:02.25+01:00', status: 304, request_time: 0 },
    {
      status: 200,
      time: '2026-11-22T10:00:03,75Z',
      extra: { upstream_addr: 'x' },
      upstream_addr: b,
      request_time: 1.5,
    },
    {
      status: 502,
      time: '2026-11-22T10:00:04Z',
      upstream_addr: null,
      request_time: 0.001,
      list: [{ status: 1 }, '"'],
    },
  ];

  it('are read by their names', async () => {
    const answer = await read(records);
    expect([answer.records, answer.unmatched.count]).toEqual([5, 0]);
    expect(counts(answer)).toEqual({ [a]: [1, 1], [b]: [2, 0] });
    expect(answer.tally.counters.notProxied).toBe(2);
    expect(answer.tally.statusCounts()).toEqual({ '200': 3, '304': 1, '502': 1 });
    const { response } = answer.tally.clocks;
    expect([response.count, response.maxUs]).toEqual([5, 1_500_000]);
    // The third one has another zone, the fourth one a comma before its fraction.
    expect(answer.window).toEqual({
      fromMs: Date.UTC(2026, 10, 22, 9, 0, 2, 250),
      toMs: Date.UTC(2026, 10, 22, 10, 0, 4),
    });
  });

  it('count the same however they are mixed with what an application logs', async () => {
    const noise = [{ level: 'info', time: '2026-11-22T10:00:00Z', msg: 'started' }, 'text', '{"cut":"'];
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(records.length + noise.length - 1), { minLength: 1, maxLength: 40 }),
        async (order) => {
          const all = [...records, ...noise];
          const picked = order.filter((index) => index < records.length);
          if (!picked.some((index) => [0, 1, 3].includes(index))) return;
          const answer = await read(order.map((index) => all[index] as object | string));
          const times = (...indexes: readonly number[]) =>
            picked.filter((index) => indexes.includes(index)).length;
          expect([answer.records, answer.unmatched.count]).toEqual([
            picked.length,
            order.length - picked.length,
          ]);
          expect(counts(answer)[a] ?? [0, 0]).toEqual([times(0), times(1)]);
          expect(counts(answer)[b] ?? [0, 0]).toEqual([times(1, 3), 0]);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('are read where nginx wrote them without quotes, or escaped them as text', async () => {
    const answer = await read(
      [
        `{"time":"2026-11-22T10:00:00+00:00","uri":"/\\x22a","status":200,"upstream_addr":"${a}","upstream_response_time":0.010}`,
        `{"time":"2026-11-22T10:00:00+00:00","uri":"/b","status":200,"upstream_addr":"-","upstream_response_time":-}`,
        `{"time":"2026-11-22T10:00:00+00:00","uri":"/c","status":200,"upstream_addr":"","upstream_response_time":}`,
        `{"time":"2026-11-22T10:00:00+00:00","uri":"/d","status":200,"upstream_addr":"${a}, ${b}","upstream_response_time":0.010, 0.020}`,
      ],
      { by: 'uri' },
    );
    expect(answer.unmatched.first).toEqual([]);
    expect(counts(answer)).toEqual({ [a]: [1, 1], [b]: [1, 0] });
    expect(answer.groups.map(({ key }) => key)).toEqual(['/"a', '/b', '/c', '/d']);
    expect(answer.tally.overall('service').maxUs).toBe(20_000);
  });

  it('name no backend twice: a client that gets a member into a line makes it unfit', async () => {
    const plain = { status: 200, upstream_addr: a };
    const forged = `{"status":200,"ua":"x","upstream_addr":"9.9.9.9:9","x":"","upstream_addr":"${a}"}`;
    const answer = await read([plain, forged, plain]);
    expect(counts(answer)).toEqual({ [a]: [2, 0] });
    expect(answer.unmatched.first.map(({ reason }) => reason)).toEqual([
      'expected each member once, got "upstream_addr" again',
    ]);
  });
});

describe('the matcher of objects', () => {
  const format = objectFormat({ status: 'status', upstream_addr: 'up.addr', uri: 'up.deep.uri', args: 'q' }, [
    ['status', 'upstream_addr'],
  ]);
  const matcher = matcherFor(new Scanner(), format, new Set());
  const textAt = (buffer: Buffer, variable: number) =>
    buffer.subarray(matcher.starts[variable], matcher.ends[variable]).toString();

  it('finds what JSON.parse finds, in any JSON', () => {
    expect(matcher).toBeInstanceOf(ObjectMatcher);
    const leaf = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 12 }),
      fc.constantFrom('"', '\\', '\\"', '}', '{"status":1}', ', "status":2', ''),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.constant(null),
    );
    const key = fc.constantFrom('status', 'up', 'addr', 'deep', 'uri', 'q', 'other', 'a"b');
    const { tree } = fc.letrec<{ tree: unknown; node: unknown }>((tie) => ({
      tree: fc.dictionary(key, tie('node'), { maxKeys: 5, noNullPrototype: true }),
      node: fc.oneof(
        { depthSize: 'small' },
        leaf,
        leaf,
        fc.array(tie('node'), { maxLength: 3 }),
        tie('tree'),
      ),
    }));
    const at = (value: unknown, path: readonly string[]): unknown =>
      path.reduce<unknown>(
        (one, name) =>
          typeof one === 'object' && one !== null && !Array.isArray(one)
            ? (one as Record<string, unknown>)[name]
            : undefined,
        value,
      );
    const textOf = (value: unknown): string => {
      const one = Array.isArray(value) ? value[0] : value;
      return one === null || one === undefined || typeof one === 'object'
        ? ''
        : typeof one === 'string'
          ? JSON.stringify(one).slice(1, -1)
          : JSON.stringify(one);
    };
    let matched = 0;
    fc.assert(
      fc.property(tree, fc.constantFrom(undefined, 1), (value, indent) => {
        const json = JSON.stringify(value, undefined, indent).replaceAll('\n', '');
        const buffer = Buffer.from(`${json}\nnext\n`);
        const paths = format.object?.paths ?? [];
        const isThere = (path: readonly string[]) => {
          const found = at(value, path);
          return found !== undefined && (typeof found !== 'object' || found === null || Array.isArray(found));
        };
        const isNeeded = paths.slice(0, 2).some(isThere);
        expect(matcher.match(buffer, 0)).toBe(isNeeded);
        expect(matcher.next).toBe(Buffer.byteLength(json) + 1);
        if (!isNeeded) return;
        matched++;
        expect(paths.map((_, variable) => textAt(buffer, variable))).toEqual(
          paths.map((path) => textOf(at(value, path))),
        );
      }),
      { numRuns: 5000 },
    );
    expect(matched).toBeGreaterThan(1000);
  });

  it.each([
    '',
    '{',
    '{}',
    '{"status":200',
    '{"status":200}}',
    '{"status":200} x',
    '{"status" 200}',
    '{status:200}',
    '{"status":200,}',
    '{"status":"200}',
    '{"other":200}',
    '[{"status":200}]',
    '{"up":{"addr":"a"}',
  ])('takes %s for none', (text) => {
    expect(matcher.match(Buffer.from(`${text}\n{"status":200}\n`), 0)).toBe(false);
    expect(matcher.next).toBe(text.length + 1);
  });

  it('reads lines of the usual frame by a program, and all others as it would without', () => {
    const sample =
      '{"time":"2026-11-22T10:00:00+00:00","status":200,"uri":"/a","upstream_addr":"10.0.0.1:80","n":5}\n';
    const [framed] = recogniseFormats(Buffer.from(sample.repeat(3)));
    expect(framed?.object?.frame).toBeDefined();
    const log = framed as LogFormat;
    const quick = matcherFor(new Scanner(), log, new Set());
    const slow = new ObjectMatcher(log, log.object as NonNullable<LogFormat['object']>);
    const value = fc.oneof(
      fc.constantFrom(
        '200',
        '"200"',
        '"/a"',
        '""',
        'null',
        '-',
        '1, 2',
        '"a\\"b"',
        '"\\\\"',
        '{"status":1}',
        '"x","status":"5"',
      ),
      fc.string({ maxLength: 8 }).map((text) => JSON.stringify(text)),
    );
    const values = fc.tuple(value, value, value, value, value);
    const names = fc.shuffledSubarray(['time', 'status', 'uri', 'upstream_addr', 'n'], { minLength: 1 });
    const read = (one: typeof quick, buffer: Buffer) =>
      log.variables.map((_, i) => {
        const text = buffer.subarray(one.starts[i], one.ends[i]).toString();
        return text === 'null' ? '' : text;
      });
    let matched = 0;
    fc.assert(
      fc.property(
        values,
        fc.oneof(fc.constant(['time', 'status', 'uri', 'upstream_addr', 'n']), names),
        (texts, order) => {
          const json = `{${order.map((name, index) => `"${name}":${texts[index]}`).join(',')}}`;
          const buffer = Buffer.from(`${json}\n${sample}`);
          const isObject = slow.match(buffer, 0);
          if (!isObject) return;
          matched++;
          expect(quick.match(buffer, 0)).toBe(true);
          expect(quick.next).toBe(slow.next);
          expect(read(quick, buffer)).toEqual(read(slow, buffer));
        },
      ),
      { numRuns: 3000 },
    );
    expect(matched).toBeGreaterThan(1000);
  });
});

describe('lines of pairs', () => {
  const line = (to: string, request = 'GET / HTTP/1.1', agent = 'curl/8 (x)') =>
    `time=2026-11-22T10:00:00+00:00 request="${request}" status=200 request_time=0.100 upstream_addr=${to} upstream_status=${to.includes(',') ? '502, 200' : '200'} http_user_agent="${agent}"`;

  it("are read by nginx's own names", async () => {
    const answer = await read([
      line(a),
      line(`${a}, ${b}`),
      line(b, 'GET /?a=b&status=500 HTTP/1.1', 'x upstream_addr=9.9.9.9:1'),
    ]);
    expect([answer.records, answer.unmatched.count]).toEqual([3, 0]);
    expect(counts(answer)).toEqual({ [a]: [1, 1], [b]: [2, 0] });
    expect(answer.tally.clocks.response.count).toBe(3);
  });

  it('are read with values that have spaces but no quotes, as far as they have one reading', async () => {
    const bare = (to: string, agent: string) =>
      `timestamp=2026-11-22T10:00:00+00:00 remoteIp=192.0.2.1 requestUrl=a.test/x status=200 userAgent=${agent} upstreamAddr=${to}`;
    const answer = await read([
      bare(a, 'curl/8 (x) y'),
      bare(b, 'curl/8'),
      bare(`${a}, ${b}`, 'z'),
      bare(b, 'x upstreamAddr=9.9.9.9:1'),
    ]);
    expect(counts(answer)).toEqual({ [a]: [1, 1], [b]: [3, 0] });
    expect(answer.unmatched.count).toBe(0);
  });

  it('are told from text with an equals sign in it', () => {
    const lines = ['a=b c', 'x=1 y=2 z=3', 'error: code=5 status=200 request=x upstream_addr=1.1.1.1:1'];
    for (const text of lines) expect(recogniseFormats(Buffer.from(`${text}\n`.repeat(3)))).toEqual([]);
  });
});
