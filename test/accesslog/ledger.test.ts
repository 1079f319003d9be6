import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { fieldsOf } from '../../src/accesslog/dialect/dialects.js';
import { BookReader } from '../../src/accesslog/reading/book-reader.js';
import { ToldAttempts } from '../../src/accesslog/reading/known-attempts.js';
import { Ledger } from '../../src/accesslog/reading/ledger.js';
import { type LineQuestion, onlyFormat } from '../../src/accesslog/reading/line-question.js';
import { LogBooks } from '../../src/accesslog/reading/log-books.js';
import { InFlightBounds } from '../../src/accesslog/reading/window.js';
import { matcherFor } from '../../src/accesslog/scanner/matcher.js';
import { Scanner } from '../../src/accesslog/scanner/scanner.js';
import { knownFormats } from '../../src/nginx/known-log-formats.js';
import { compileLogFormat, type EscapeMode, type LogFormat } from '../../src/nginx/log-format.js';
import { LatencyHistogram, prepareHistograms } from '../../src/tally/latency-histogram.js';

beforeAll(prepareHistograms);

function format(text: string, mode: EscapeMode = 'default'): LogFormat {
  const compiled = compileLogFormat(text, mode);
  if (!compiled.ok) throw new Error(compiled.message);
  return compiled.value;
}

const question = (log: LogFormat, more: Partial<LineQuestion> = {}): LineQuestion => ({
  formats: onlyFormat(log),
  isTimed: true,
  selection: {},
  pool: undefined,
  by: undefined,
  maxGroups: 50,
  groupKeys: [],
  knownAddresses: [],
  poolNames: [],
  windowFromMs: undefined,
  othersAtMost: undefined,
  isReadOnce: true,
  ...more,
});

/** All that a reader counted of runs of lines, which lie where they are booked at once, or elsewhere, so that each is read. */
function counted(asked: LineQuestion, runs: readonly string[], isRead: boolean): unknown {
  const reader = new BookReader(asked);
  for (const run of runs) {
    const lines = Buffer.from(run, 'latin1');
    if (isRead) reader.consume(lines, 0, lines.length);
    else reader.consume(reader.room, 0, reader.room.write(run, 'latin1'));
    // What was counted may be asked for at any time.
    if (run.length % 3 === 0) reader.counted();
  }
  const { books, counts } = reader.counted();
  const all = { part: reader.partSoFar(), counts, books: books.toData() };
  reader.release();
  return all;
}

const backends = ['127.0.0.1:8001', '127.0.0.1:8002', '[::1]:80', 'unix:/run/a.sock', '10.1.2.3:8080'];
const one = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom(...backends) },
  { weight: 1, arbitrary: fc.constantFrom('-', 'pool', '', 'unix:/a b', '127.0.0.1:8001 ', 'x'.repeat(200)) },
);
const attempts = fc.oneof(
  { weight: 12, arbitrary: one.map((address) => [address]) },
  { weight: 1, arbitrary: fc.array(one, { minLength: 2, maxLength: 3 }) },
);
const ms = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 3000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 500_000 }) },
);
const seconds = fc.oneof(
  { weight: 12, arbitrary: ms.map((value) => (value / 1000).toFixed(3)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('-', '', '0', '1.', '.5', '1.23456789', '99999999999999', '1e3', '-1'),
  },
);
const status = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom('200', '404', '502', '504', '000') },
  { weight: 1, arbitrary: fc.constantFrom('101', '-', '20', '2x0', '9999') },
);
/** In no strict order, over minutes or days. */
const moment = fc.oneof(
  { weight: 10, arbitrary: fc.integer({ min: 0, max: 600_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: -400_000_000, max: 400_000_000 }) },
);
const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

const record = fc.record({
  attempts,
  ms,
  seconds: fc.array(seconds, { minLength: 6, maxLength: 6 }),
  statuses: fc.array(status, { minLength: 4, maxLength: 4 }),
  moment,
  bytes: fc.oneof(fc.nat(100_000).map(String), fc.constantFrom('-', '', '1234567890123456', '5x')),
  zone: fc.constantFrom('+0000', '+0000', '+0000', '-0330'),
  broken: fc.oneof(
    { weight: 25, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constantFrom('', 'x', '\x01', 'no line at all') },
  ),
});
type Drawn = typeof record extends fc.Arbitrary<infer T> ? T : never;

function textOf(name: string, drawn: Drawn): string {
  const at = new Date(Date.UTC(2025, 2, 2, 12) + drawn.moment);
  const iso = at.toISOString();
  const listed = (items: readonly string[]) =>
    drawn.attempts.map((_, i) => items[i % items.length] as string).join(', ');
  switch (name) {
    case 'time_local':
      return `${iso.slice(8, 10)}/${months[at.getUTCMonth()]}/${iso.slice(0, 4)}:${iso.slice(11, 19)} ${drawn.zone}`;
    case 'time_iso8601':
      return `${iso.slice(0, 19)}+00:00`;
    case 'msec':
      return (at.getTime() / 1000).toFixed(3);
    case 'status':
      return drawn.statuses[0] as string;
    case 'upstream_addr':
      return drawn.attempts.join(', ');
    case 'upstream_status':
      return listed(drawn.statuses);
    case 'request_time':
      return drawn.seconds[0] as string;
    case 'upstream_response_time':
      return listed(drawn.seconds.slice(1));
    case 'upstream_header_time':
      return listed(drawn.seconds.slice(2));
    case 'upstream_connect_time':
      return listed(drawn.seconds.slice(3));
    case 'body_bytes_sent':
    case 'bytes_sent':
      return drawn.bytes;
    default:
      return 'GET / HTTP/1.1';
  }
}

function lineOf(log: LogFormat, drawn: Drawn): string {
  if (drawn.broken !== undefined) return `${drawn.broken}\n`;
  const texts = log.literals.map((literal) => Buffer.from(literal).toString('latin1'));
  return `${texts[0]}${log.variables.map((name, i) => textOf(name, drawn) + texts[i + 1]).join('')}\n`;
}

const formats: readonly (readonly [string, LogFormat])[] = [
  ['the article’s second', knownFormats.to as LogFormat],
  ['combined', knownFormats.combined as LogFormat],
  [
    'times of the request',
    format('[$time_local] "$request" $status $body_bytes_sent $request_time to: $upstream_addr'),
  ],
  [
    'times of attempts',
    format(
      '$time_iso8601 $status $bytes_sent "$request_time" "$upstream_addr" "$upstream_status" "$upstream_response_time" "$upstream_header_time" "$upstream_connect_time"',
    ),
  ],
  ['numbers for moments', format('$msec "$upstream_addr" "$status" "$upstream_response_time"')],
  ['no moments', format('"$upstream_addr" $status $request_time')],
  ['bars', format('$upstream_addr|$upstream_status|$time_iso8601|$request_time|$upstream_response_time')],
  [
    'JSON',
    format(
      '{"t":"$time_iso8601","st":$status,"up":"$upstream_addr","us":"$upstream_status","rt":$request_time}',
      'json',
    ),
  ],
];

describe.each(formats)('the ledger of %s', (_, log) => {
  const window = fc.constantFrom(undefined, 0, Date.UTC(2025, 2, 2, 12, 4));
  const hasTime = fieldsOf(log).time !== undefined;
  const bound = hasTime
    ? fc.option(
        moment.map((at) => Date.UTC(2025, 2, 2, 12) + at),
        { nil: undefined, freq: 3 },
      )
    : fc.constant(undefined);
  const pool = fc.option(
    fc.constant({ name: 'web', own: backends.slice(0, 2), others: backends.slice(2), otherNames: ['pool'] }),
    { nil: undefined, freq: 4 },
  );

  it('takes lines of that format', () => {
    const unknown = new ToldAttempts({ kind: 'unclear', backends: [], pool: undefined });
    const books = new LogBooks(1000, 0, []);
    const line = matcherFor(new Scanner(), log, new Set());
    const bounds = new InFlightBounds(0, {});
    expect(Ledger.for(line, fieldsOf(log), {}, books, bounds, unknown)).toBeDefined();
    expect(Ledger.for(line, fieldsOf(log), { uri: ['/'] }, books, bounds, unknown)).toBeUndefined();
  });

  it('adds up to what booking line by line does', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(record, { minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 3 }),
        fc.record({ windowFromMs: window, since: bound, until: bound, pool }),
        (drawn, { windowFromMs, since, until, pool: asked }) => {
          const selection = { sinceMs: since, untilMs: until };
          const runs = drawn.map((run) => run.map((each) => lineOf(log, each)).join(''));
          const of = question(log, { windowFromMs, selection, pool: asked });
          expect(counted(of, runs, false)).toEqual(counted(of, runs, true));
        },
      ),
      { numRuns: 60 },
    );
  });
});

it('counts durations into the very buckets of a histogram that records them one by one', () => {
  const us = fc.oneof(
    fc.nat(3000),
    fc.nat(2_000_000),
    fc.integer({ min: 0, max: 2 ** 26 - 1 }),
    fc.constantFrom(2047, 2048, 4095, 4096, 2 ** 26 - 1),
  );
  fc.assert(
    fc.property(fc.array(us, { minLength: 1, maxLength: 200 }), (values) => {
      const counts = new Uint32Array(17_408);
      let squares = 0n;
      for (const value of values) {
        const shift = Math.max(0, 21 - Math.clz32(value));
        const bucket = shift * 1024 + (value >> shift);
        counts[bucket] = (counts[bucket] as number) + 1;
        squares += BigInt(value) ** 2n;
      }
      const [atOnce, oneByOne] = [new LatencyHistogram(), new LatencyHistogram()];
      const parts = [Number(squares >> 32n), Number(squares & 0xffffffffn)] as const;
      const sumUs = values.reduce((sum, value) => sum + value, 0);
      atOnce.addCounts(
        { sumUs, sumOfSquaresUs: parts, minUs: Math.min(...values), maxUs: Math.max(...values) },
        counts,
      );
      for (const value of values) oneByOne.record(value);
      expect(atOnce.toData()).toEqual(oneByOne.toData());
      expect(atOnce.summary()).toEqual(oneByOne.summary());
      atOnce.release();
      oneByOne.release();
    }),
  );
});
