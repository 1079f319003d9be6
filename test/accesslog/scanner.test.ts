import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unescapeValue } from '../../src/accesslog/dialect/nginx/escape.js';
import type { LineMatcher } from '../../src/accesslog/scanner/line-matcher.js';
import { matcherFor as newMatcher } from '../../src/accesslog/scanner/matcher.js';
import { planProgram, shapesOf } from '../../src/accesslog/scanner/program.js';
import { ProgramMatcher } from '../../src/accesslog/scanner/program-matcher.js';
import { Scanner } from '../../src/accesslog/scanner/scanner.js';
import { SearchMatcher } from '../../src/accesslog/scanner/search-matcher.js';
import { knownFormats } from '../../src/nginx/known-log-formats.js';
import { compileLogFormat, type EscapeMode, type LogFormat } from '../../src/nginx/log-format.js';
import { nginxEscape } from './nginx-escape.js';
import { runSteps } from './step-by-step.js';

const scanner = new Scanner();
const matcherFor = (log: LogFormat, critical: ReadonlySet<string>, sockets?: readonly string[]) =>
  newMatcher(scanner, log, critical, sockets);

function format(text: string, mode: EscapeMode = 'default'): LogFormat {
  const compiled = compileLogFormat(text, mode);
  if (!compiled.ok) throw new Error(compiled.message);
  return compiled.value;
}

const first =
  '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" "$http_x_forwarded_for" to: $upstream_addr';
const second = first.replace('$remote_addr', '$remote_addr:$remote_port $request_uri');
const json =
  '{"t":"$time_iso8601","ip":"$remote_addr","req":"$request","uri":"$uri","st":$status,"ua":"$http_user_agent","up":"$upstream_addr","urt":"$upstream_response_time","rt":$request_time}';
const tabs = '$time_local\t$request\t$status\t$http_user_agent\t$upstream_addr\t$upstream_response_time';
const bars =
  '$time_local|$request_method|$upstream_addr|$upstream_status|$upstream_connect_time|$upstream_response_time|$request_time|$status';

const bytes = fc.uint8Array({ maxLength: 30 });
const noLineBreak = bytes.map((value) => value.filter((byte) => byte !== 0x0a && byte !== 0x0d));
/** What imitates the rest of a line. */
const hostile = fc.constantFrom(
  '" 200 5 "-" "-" "-" to: 127.0.0.1:9999',
  ' to: 127.0.0.1:9999',
  'x [01/Jan/2000:00:00:00 +0000] "',
  '","up":"127.0.0.1:9999","x":"',
  '\\',
  '\\"',
  '\t200\t',
  '- - [',
  '',
  '-',
);
const text = fc.oneof(
  bytes,
  hostile.map((value) => Uint8Array.from(Buffer.from(value))),
  fc.string({ unit: 'grapheme', maxLength: 20 }).map((value) => Uint8Array.from(Buffer.from(value))),
);
const oneOf = (...values: readonly string[]) =>
  fc.constantFrom(...values).map((value) => Uint8Array.from(Buffer.from(value)));

/** Values that nginx can log, by variable; the others are any bytes at all. */
function loggedValue(name: string): fc.Arbitrary<Uint8Array> {
  switch (name) {
    case 'remote_addr':
      return oneOf('127.0.0.1', '::1', '::ffff:10.0.0.1', 'unix:');
    case 'remote_port':
      return oneOf('1', '65535', '');
    case 'request_uri':
      return text
        .map((value) => value.filter((byte) => byte > 0x20 && byte < 0x7f))
        .map((value) => Uint8Array.from([0x2f, ...value]));
    case 'time_local':
      return oneOf('02/Mar/2025:21:10:11 +0800', '31/Dec/1999:23:59:59 -1130');
    case 'time_iso8601':
      return oneOf('2026-11-22T10:04:07+00:00');
    case 'status':
      return oneOf('200', '009', '499', '000');
    case 'body_bytes_sent':
      return oneOf('0', '123456789012');
    case 'request_method':
      return oneOf('GET', 'M-SEARCH', '-');
    case 'request_time':
      return oneOf('0.000', '1234.567');
    case 'upstream_addr':
      return oneOf(
        '127.0.0.1:8001',
        '[::1]:80, unix:/run/a b.sock',
        '127.0.0.1:1 : pool',
        '127.0.0.1:1 : ',
        '-',
        '',
      );
    case 'upstream_status':
      return oneOf('200', '502, 200', '404 : 200', '-, 200', '-', '404 : ');
    case 'upstream_response_time':
    case 'upstream_connect_time':
      return oneOf('0.001', '-, 0.000', '0.001 : 0.000', '-', '0.000 : ');
    case 'upstream_response_length':
    case 'request_length':
      return oneOf('0', '512', '-');
    case 'proxy_upstream_name':
    case 'proxy_alternative_upstream_name':
    case 'server':
    case 'req_id':
      return oneOf('llm-prod-chat-80', '', 'srv1', '10.0.0.1');
    case 'upstream_cache_status':
      return oneOf('-', 'HIT');
    case 'scheme':
      return oneOf('http', 'https');
    case 'gzip_ratio':
      return oneOf('-', '3.20');
    default:
      return text;
  }
}

function lineOf(log: LogFormat, values: readonly Uint8Array[]): Buffer {
  const pieces: Uint8Array[] = [log.literals[0] as Uint8Array];
  values.forEach((value, index) => {
    pieces.push(nginxEscape(value, log.escape), log.literals[index + 1] as Uint8Array);
  });
  return Buffer.concat([...pieces, Buffer.from('\n')]);
}

function read(matcher: LineMatcher, log: LogFormat, buffer: Uint8Array): (string | undefined)[] {
  return log.variables.map((_, i) =>
    Buffer.from(unescapeValue(buffer.subarray(matcher.starts[i], matcher.ends[i]), log.escape)).toString(
      'latin1',
    ),
  );
}

const all = new Set(['upstream_addr']);

/** What may follow a line in its buffer. */
const nextLines = Buffer.from('127.0.0.1 - - [x] "next" line\n\n"yet another" - - {"one":"\\"}\t|\n');

describe.each([
  ["the article's first format", format(first)],
  ["the article's second format", format(second)],
  ['JSON', format(json, 'json')],
  ['tabs', format(tabs)],
  ['bars', format(bars)],
  ['a user at the end', format('[$time_local] $status $upstream_addr|$remote_user')],
  ['literals that begin alike', format('$status -$http_a"- $upstream_addr -"$http_b')],
])('a program for %s', (_, log) => {
  it('gives back any values that went through nginx’s escaping', () => {
    const matcher = matcherFor(log, all);
    expect(matcher).toBeInstanceOf(ProgramMatcher);
    fc.assert(
      fc.property(fc.tuple(...log.variables.map(loggedValue)), (values) => {
        const line = lineOf(log, values);
        const expected = values.map((value) => Buffer.from(value).toString('latin1'));
        // As the last one of a buffer and in the middle of one.
        for (const buffer of [line, Buffer.concat([line, nextLines])]) {
          expect(matcher.match(buffer, 0), matcher.reason).toBe(true);
          expect(matcher.next).toBe(line.length);
          expect(read(matcher, log, buffer)).toEqual(expected);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('is read alike by a search', () => {
    const search = new SearchMatcher(log, new Set(log.variables));
    fc.assert(
      fc.property(fc.tuple(...log.variables.map(loggedValue)), (values) => {
        const line = lineOf(log, values);
        expect(search.match(line, 0), search.reason).toBe(true);
        expect(search.next).toBe(line.length);
        expect(read(search, log, line)).toEqual(values.map((value) => Buffer.from(value).toString('latin1')));
      }),
      { numRuns: 300 },
    );
  });

  it('takes a broken line apart as a search does, where that takes it for one', () => {
    const compiled = matcherFor(log, all);
    const search = new SearchMatcher(log, new Set(log.variables));
    const breaking = fc.record({
      values: fc.tuple(...log.variables.map(loggedValue)),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      cut: fc.nat(4),
      put: noLineBreak.map((value) => value.subarray(0, 3)),
      carriageReturn: fc.boolean(),
    });
    fc.assert(
      fc.property(breaking, ({ values, at, cut, put, carriageReturn }) => {
        const whole = lineOf(log, values).subarray(0, -1);
        const from = Math.floor(at * whole.length);
        const line = Buffer.concat([
          whole.subarray(0, from),
          put,
          whole.subarray(from + cut),
          Buffer.from(carriageReturn ? '\r\n' : '\n'),
        ]);
        // What stands behind a line, and whether anything does, tells nothing about it.
        const more = Buffer.concat([line, nextLines]);
        const matched = compiled.match(more, 0);
        const values1 = matched ? read(compiled, log, more) : [compiled.reason];
        expect(compiled.match(line, 0)).toBe(matched);
        expect(compiled.next).toBe(line.length);
        expect(matched ? read(compiled, log, line) : [compiled.reason]).toEqual(values1);
        if (!search.match(line, 0)) return;
        expect(matched, compiled.reason).toBe(true);
        expect(read(search, log, line)).toEqual(values1);
      }),
      { numRuns: 500 },
    );
  });
});

/** Formats of anything that can stand in one; most of them have programs. */
const anyFormat = fc.record({
  variables: fc.uniqueArray(
    fc.constantFrom(
      ...['remote_addr', 'remote_port', 'request_uri', 'time_local', 'time_iso8601', 'status', 'msec'],
      ...['body_bytes_sent', 'request_method', 'request_time', 'upstream_addr', 'upstream_status'],
      ...['upstream_response_time', 'http_user_agent', 'http_x', 'server_name', 'remote_user', 'gzip_ratio'],
    ),
    { minLength: 1, maxLength: 8 },
  ),
  literals: fc.array(
    fc.constantFrom(
      ...['"', ' "', '" ', '|', '\t', ' ', ' - ', '] "', ' [', '] ', '":"', '","key":"', ', ', ';', ' to: '],
      ...['" to: "', '{"a":"', '"}', '-', ':', '"\t', 'a long literal of text: "', '\\', '\x7f é ', ''],
    ),
    { minLength: 9, maxLength: 9 },
  ),
  mode: fc.constantFrom<EscapeMode>('default', 'json'),
});

it('runs any program on any line as its steps say, whatever stands behind the line, and wherever it lies', () => {
  let programs = 0;
  let matched = 0;
  let log = format('$status');
  let steps = planProgram(log) ?? [];
  const part = fc.oneof(
    text,
    hostile.map((value) => Uint8Array.from(Buffer.from(value))),
  );
  fc.assert(
    fc.property(anyFormat, fc.gen(), ({ variables, literals, mode }, draw) => {
      const between = (i: number) =>
        i < variables.length - 1 && literals[i + 1] === '' ? ' ' : literals[i + 1];
      const written = variables.map((name, i) => `\${${name}}${between(i)}`).join('');
      log = format(`${literals[0]}${written}`, mode);
      const usual = shapesOf(log).map((shape) => shape.usual ?? shape);
      steps = planProgram(log) ?? planProgram(log, usual) ?? [];
      if (steps.length === 0) return;
      programs++;
      const matcher = new ProgramMatcher(new Scanner(), log, steps);
      for (let i = 0; i < 4; i++) {
        const values = log.variables.map((name) => draw(loggedValue, name));
        let line = lineOf(log, values).subarray(0, -1);
        if (draw(fc.boolean)) {
          const from = draw(fc.nat, line.length);
          line = Buffer.concat([
            line.subarray(0, from),
            draw(() => part),
            line.subarray(from + draw(fc.nat, 4)),
          ]);
        }
        line = Buffer.concat([
          line.filter((byte) => byte !== 0x0a),
          Buffer.from(draw(fc.constantFrom, '\n', '\r\n')),
        ]);
        const expected = runSteps(steps, line, log.variables.length);
        const before = Buffer.alloc(draw(fc.nat, 40), 'x');
        const buffer = Buffer.concat([before, line, draw(fc.boolean) ? nextLines : Buffer.alloc(0)]);
        matcher.scanner.room.set(buffer);
        for (const [bytes, from] of [
          [buffer, before.length],
          [matcher.scanner.bytes, matcher.scanner.room.byteOffset + before.length],
        ] as const) {
          expect(matcher.match(bytes, from)).toBe('next' in expected);
          expect(matcher.next).toBe(from + line.length);
          if (!('next' in expected)) continue;
          matched++;
          expect([...matcher.starts].map((at) => at - from)).toEqual(expected.starts);
          expect([...matcher.ends].map((at) => at - from)).toEqual(expected.ends);
        }
      }
    }),
    { numRuns: 400 },
  );
  expect(programs).toBeGreaterThan(150);
  expect(matched).toBeGreaterThan(400);
});

describe('the search', () => {
  it('gives back values under escape=none, whatever bytes the others hold, as long as the line has one reading', () => {
    const log = format(
      '$remote_addr [$time_local] "$uri" $status "$http_user_agent" to: $upstream_addr',
      'none',
    );
    const matcher = matcherFor(log, new Set(log.variables));
    expect(matcher).toBeInstanceOf(SearchMatcher);
    let read1 = 0;
    fc.assert(
      fc.property(fc.tuple(...log.variables.map(loggedValue)), (values) => {
        const line = lineOf(log, values);
        if (!(matcher as SearchMatcher).matchRange(line, 0, line.length - 1)) return;
        read1++;
        const seen = log.variables.map((_, i) =>
          line.subarray(matcher.starts[i], matcher.ends[i]).toString('latin1'),
        );
        expect(seen).toEqual(values.map((value) => Buffer.from(value).toString('latin1')));
      }),
      { numRuns: 300 },
    );
    // Few values imitate a line well enough to be refused.
    expect(read1).toBeGreaterThan(150);
  });

  it('refuses a line whose readings disagree on what counts, and takes one whose readings agree', () => {
    const log = format('$status|$http_user_agent|$upstream_addr|$http_referer');
    const matcher = matcherFor(log, all);
    const line = (value: string) => Buffer.from(`${value}\n`);
    expect(matcher.match(line('200|curl|127.0.0.1:8001|-'), 0)).toBe(true);
    expect(matcher.match(line('200|a|127.0.0.1:9999|127.0.0.1:8001|-'), 0)).toBe(false);
    expect(matcher.reason).toMatch(/several/);
    const spaces = format('$http_user_agent $http_referer $upstream_addr');
    const last = matcherFor(spaces, all);
    // Where the agent ends is not certain, but no address has a space.
    expect(last.match(line('a b c 127.0.0.1:8001'), 0)).toBe(true);
    expect(last.match(line('a unix:/b c'), 0)).toBe(true);
    expect(last.match(line('a b unix:/c unix:/d'), 0)).toBe(true);
    const first = matcherFor(format('$upstream_addr $http_user_agent'), all);
    expect(first.match(line('127.0.0.1:1, 127.0.0.1:2, 127.0.0.1:3'), 0)).toBe(false);
  });

  it('lets no client hide its request behind an empty time', () => {
    const log = format('$upstream_addr|$http_cookie|$msec|$http_host');
    const matcher = matcherFor(log, all);
    const buffer = Buffer.from('127.0.0.1:8001|x||1787240323.897|h\n');
    expect(matcher.match(buffer, 0)).toBe(true);
    expect(read(matcher, log, buffer)).toEqual(['127.0.0.1:8001', 'x|', '1787240323.897', 'h']);
  });

  it('gives up on a line made to have too many readings, in bounded time', () => {
    const log = format('$http_a $http_b $http_c $http_d $http_e|$upstream_addr');
    const matcher = matcherFor(log, all);
    const started = performance.now();
    expect(matcher.match(Buffer.from(`${' a'.repeat(50_000)}"|x\n`), 0)).toBe(false);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

describe('a line in which everything is as usual', () => {
  it.each([
    ...['ingress-nginx', 'ingress-nginx-0.21', 'ingress-nginx-0.13', 'nginx-proxy-manager'].map(
      (name) => knownFormats[name] as LogFormat,
    ),
    format('$upstream_addr $upstream_response_time $upstream_status $http_x'),
    format('[$time_local] $upstream_status $upstream_addr $server_name|$http_user_agent'),
  ])('is read at once as the search reads it, of $text', (log) => {
    const matcher = matcherFor(log, all);
    const search = new SearchMatcher(log, all);
    const attempt = fc.record({
      upstream_addr: fc.constantFrom(
        '127.0.0.1:8001',
        '[::1]:80',
        'unix:/run/a b.sock',
        'unix:/a',
        'pool',
        '-',
      ),
      upstream_response_length: fc.constantFrom('0', '512', '-'),
      upstream_response_time: fc.constantFrom('0.001', '-', '10.500'),
      upstream_status: fc.constantFrom('200', '502', '-'),
    });
    const values = fc
      .tuple(
        fc.array(attempt, { maxLength: 3 }),
        fc.constantFrom(', ', ' : '),
        fc.tuple(...log.variables.map(loggedValue)),
      )
      .map(([attempts, separator, others]) =>
        log.variables.map((name, i) =>
          name in (attempts[0] ?? {})
            ? Buffer.from(attempts.map((one) => one[name as keyof typeof one]).join(separator))
            : (others[i] as Uint8Array),
        ),
      );
    const backend = log.variables.indexOf('upstream_addr');
    let read1 = 0;
    fc.assert(
      fc.property(values, (values) => {
        const line = lineOf(log, values);
        const more = Buffer.concat([line, nextLines]);
        const isRead = search.match(line, 0);
        expect(matcher.match(more, 0)).toBe(matcher.match(line, 0));
        expect(matcher.next).toBe(line.length);
        if (!isRead) return;
        read1++;
        expect(matcher.match(line, 0)).toBe(true);
        expect(read(matcher, log, line)[backend]).toBe(read(search, log, line)[backend]);
      }),
      { numRuns: 500 },
    );
    expect(read1).toBeGreaterThan(50);
  });

  it('of ingress-nginx needs no search', () => {
    const log = knownFormats['ingress-nginx'] as LogFormat;
    const steps = planProgram(
      log,
      shapesOf(log).map((shape) => shape.usual ?? shape),
    );
    expect(planProgram(log)).toBeUndefined();
    expect(steps).toBeDefined();
  });
});

describe('quotes in values', () => {
  it.each([
    ['$status $request_uri $upstream_addr', 'none', '200 /a"b 127.0.0.1:8001', '/a"b'],
    ['$status $host $upstream_addr', 'none', '200 a"b"c 127.0.0.1:8001', 'a"b"c'],
    ['$request_uri;$http_host;$status;$upstream_addr', 'json', '/a\\"b;h;200;127.0.0.1:8001', '/a"b'],
    ['$request_uri;$http_host;$status;$upstream_addr', 'json', '/a\\\\;h;200;127.0.0.1:8001', '/a\\'],
  ] as const)('are read with %s (%s) from %s', (text, mode, line, value) => {
    const log = format(text, mode);
    const matcher = matcherFor(log, all);
    const buffer = Buffer.from(`${line}\n`);
    expect(matcher).toBeInstanceOf(SearchMatcher);
    expect(matcher.match(buffer, 0), matcher.reason).toBe(true);
    expect(read(matcher, log, buffer)).toContain(value);
  });

  it('are refused where nginx would have escaped them', () => {
    const json = matcherFor(format('$request_uri;$http_host;$status;$upstream_addr', 'json'), all);
    const refused = (value: string) =>
      expect(json.match(Buffer.from(`${value};h;200;127.0.0.1:8001\n`), 0)).toBe(false);
    for (const value of ['/a"b', '/a\\\\"b', '/a\\']) refused(value);
    const plain = matcherFor(format('$request_uri;$http_host;$status;$upstream_addr'), all);
    expect(plain.match(Buffer.from('/a"b;h;200;127.0.0.1:8001\n'), 0)).toBe(false);
  });

  it.each(['json', 'none'] as const)('never hide a line with one reading under escape=%s', (mode) => {
    const log = format('$request_uri;$status;$http_host;$upstream_addr', mode);
    const matcher = matcherFor(log, all);
    const value = fc.string({ unit: fc.constantFrom('"', '\\', 'a', '/') });
    fc.assert(
      fc.property(value, value, (uri, host) => {
        const values = [uri, '200', host, '127.0.0.1:8001'].map((text) => Uint8Array.from(Buffer.from(text)));
        const buffer = lineOf(log, values);
        expect(matcher.match(buffer, 0), matcher.reason).toBe(true);
        expect(read(matcher, log, buffer)).toEqual([uri, '200', host, '127.0.0.1:8001']);
      }),
    );
  });
});

/** ingress-nginx's own. */
const ingress =
  '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" $request_length $request_time [$proxy_upstream_name] [$proxy_alternative_upstream_name] $upstream_addr $upstream_response_length $upstream_response_time $upstream_status $req_id';
const ingressStart =
  '10.0.0.1 - - [02/Mar/2025:21:10:11 +0800] "GET / HTTP/1.1" 200 5 "-" "curl/8" 78 0.001 [default-web-80] []';

describe('attempts beside other columns', () => {
  const spaces = '$remote_addr $upstream_addr $upstream_status $request_time';
  const named = 'uri=$uri status=$status upstream=$upstream_addr';
  it.each([
    [spaces, 'default', '1.1.1.1 127.0.0.1:1, 127.0.0.1:2 502, 200 0.001', '127.0.0.1:1, 127.0.0.1:2'],
    [spaces, 'default', '1.1.1.1 [::1]:1 : 127.0.0.1:2 404 : 200 0.001', '[::1]:1 : 127.0.0.1:2'],
    [spaces, 'default', '1.1.1.1 127.0.0.1:1 :  404 :  0.001', '127.0.0.1:1 : '],
    [spaces, 'default', '1.1.1.1 unix:/a, pool 502, 502 0.001', 'unix:/a, pool'],
    [spaces, 'default', '1.1.1.1 - - 0.001', '-'],
    [
      '$status $upstream_addr $upstream_status $upstream_response_time',
      'default',
      '200 127.0.0.1:1, 127.0.0.1:2 502, 200 0.000, 0.001',
      '127.0.0.1:1, 127.0.0.1:2',
    ],
    [
      ingress,
      'default',
      `${ingressStart} 127.0.0.1:1, 127.0.0.1:2 0, 5 0.000, 0.001 502, 200 0a1b`,
      '127.0.0.1:1, 127.0.0.1:2',
    ],
    ['$http_referer;$upstream_addr;$status', 'default', 'a; b;127.0.0.1:1;200', '127.0.0.1:1'],
    ['$http_referer;$upstream_addr;$status', 'default', 'x;127.0.0.1:9;127.0.0.1:1;200', '127.0.0.1:1'],
    [named, 'none', 'uri=/ status=200 upstream=127.0.0.1:9 status=200 upstream=127.0.0.1:1', '127.0.0.1:1'],
    [named, 'none', 'uri=/ status=200 upstream=unix:/9 status=200 upstream=127.0.0.1:1', '127.0.0.1:1'],
    [
      '$http_user_agent $upstream_addr $upstream_status',
      'default',
      'x 127.0.0.1:9, 127.0.0.1:1 200',
      '127.0.0.1:1',
    ],
  ] as const)('reads with %s (%s) %s', (text, mode, line, address) => {
    const log = format(text, mode);
    const matcher = matcherFor(log, all);
    const buffer = Buffer.from(`${line}\n`);
    expect(matcher.match(buffer, 0), matcher.reason).toBe(true);
    expect(read(matcher, log, buffer)[log.variables.indexOf('upstream_addr')]).toBe(address);
  });

  const attempt = fc.record({
    address: fc.constantFrom('127.0.0.1:1', '[::1]:80', 'unix:/run/a.sock', 'pool'),
    status: fc.constantFrom('502', '200', '-'),
    ms: fc.integer({ min: 0, max: 99_999 }),
    separator: fc.constantFrom(', ', ' : '),
  });
  const attempts = fc.array(attempt, { minLength: 1, maxLength: 4 }).map((list) => {
    const joined = (item: (one: (typeof list)[number]) => string) =>
      list.map((one, i) => (i === 0 ? '' : one.separator) + item(one)).join('');
    return {
      upstream_addr: joined(({ address }) => address),
      upstream_status: joined(({ status }) => status),
      upstream_response_time: joined(({ ms }) => (ms / 1000).toFixed(3)),
      upstream_response_length: joined(({ ms }) => String(ms)),
    };
  });
  const forged = fc.constantFrom(
    'x',
    'a; b',
    '/ status=200',
    '127.0.0.1:9,',
    '127.0.0.1:9',
    'unix:/a b',
    '502,',
    'y 127.0.0.1:9 : ',
  );
  const clients = fc.array(forged, { minLength: 1, maxLength: 4 }).map((words) => words.join(' '));
  const valuesOf = (
    lists: Readonly<Record<string, string>>,
    log: LogFormat,
    agent: string,
    referer: string,
  ) =>
    log.variables.map((name) => {
      const plain: Record<string, string> = {
        remote_addr: '1.1.1.1',
        status: '200',
        request_time: '0.012',
        http_referer: referer,
      };
      return Uint8Array.from(Buffer.from(lists[name] ?? plain[name] ?? agent));
    });

  it.each([
    spaces,
    '$status $upstream_addr $upstream_response_time $upstream_status',
    '$upstream_addr $upstream_response_length $upstream_response_time $upstream_status $request_time',
  ])('reads every line of %s', (text) => {
    const log = format(text);
    const matcher = matcherFor(log, all);
    fc.assert(
      fc.property(attempts, (lists) => {
        const buffer = lineOf(log, valuesOf(lists, log, 'x', 'y'));
        expect(matcher.match(buffer, 0), matcher.reason).toBe(true);
        expect(read(matcher, log, buffer)[log.variables.indexOf('upstream_addr')]).toBe(lists.upstream_addr);
      }),
    );
  });

  it.each([
    '$http_user_agent $upstream_addr $upstream_status $request_time',
    '$upstream_addr $upstream_status $http_user_agent',
    '$http_referer;$upstream_addr;$status;$http_user_agent',
    'agent=$http_user_agent status=$status upstream=$upstream_addr',
  ])('never lets a client choose the address with %s', (text) => {
    const log = format(text, 'none');
    const matcher = matcherFor(log, all);
    let matched = 0;
    fc.assert(
      fc.property(attempts, clients, clients, (lists, agent, referer) => {
        const buffer = lineOf(log, valuesOf(lists, log, agent, referer));
        if (!matcher.match(buffer, 0)) return;
        matched++;
        expect(read(matcher, log, buffer)[log.variables.indexOf('upstream_addr')]).toBe(lists.upstream_addr);
      }),
      { numRuns: 500 },
    );
    expect(matched).toBeGreaterThan(250);
  });

  it.each(['a ', 'a, ', 'b b, ', 'unix:/a : ', ' : ', 'unix: ', '502, '])(
    'looks at 16 KB of %j in bounded time',
    (unit) => {
      for (const text of [spaces, ingress, '$http_a $upstream_addr $http_b $upstream_status|']) {
        const matcher = matcherFor(format(text), all);
        const line = Buffer.from(
          `${text === ingress ? ingressStart : '1.1.1.1'} ${unit.repeat(16_384 / unit.length)}\n`,
        );
        const started = performance.now();
        matcher.match(line, 0);
        expect(performance.now() - started).toBeLessThan(3_000);
      }
    },
  );
});
