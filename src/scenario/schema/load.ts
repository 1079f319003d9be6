import * as z from 'zod';
import type { Parsed } from '../../model/parsed.js';
import { shown } from '../../text/shown.js';
import {
  maxRatePerSec,
  parseCount,
  parseDuration,
  parsePositiveDuration,
  parseRate,
} from '../grammar/quantity.js';
import { maxSourceAddresses, parseSourceAddresses } from '../grammar/source-addresses.js';
import {
  count,
  fileName,
  grammar,
  integer,
  list,
  oneOf,
  positiveNumber,
  section,
  text,
  yesNo,
} from './leaf.js';

const rate = 'a rate above 0 such as 200/s or 90/m';
const address = 'an address or range of addresses such as 127.0.{1..32}.1';

const requestCount = count(1, Number.MAX_SAFE_INTEGER);
const concurrency = count(1, 100_000);
export const duration = grammar('a time such as 20ms, 30s, 2m or 1h', parsePositiveDuration);
const ratePerSec = z.union([positiveNumber(maxRatePerSec), grammar(rate, parseRate)], { error: rate });

const traceFile = fileName('the name of a trace such as azure.csv');

const stageWords =
  'a map such as { duration: 30s, rate: 100/s } or { duration: 1m, concurrency: { from: 1, to: 50 } }';

/** A level that is held, or the two ends of a ramp; a ramp may begin or end at nothing. */
function level<Held extends z.ZodType, End extends z.ZodType>(what: string, held: Held, end: End) {
  return z.union(
    [
      held,
      section('a map such as { from: 10, to: 100 }', {
        from: end.describe('At the beginning of the stage.'),
        to: end.describe('At its end; evenly from one to the other.'),
      }),
    ],
    { error: `${what}, or a map with from and to` },
  );
}

const rampRate = z.union([z.literal(0), ratePerSec], { error: `${rate}, or 0` });

const stage = section(stageWords, {
  name: text('a name', 100).optional().describe('What reports call it; its place and level when left out.'),
  duration: duration.describe('How long it takes.'),
  rate: level(rate, ratePerSec, rampRate)
    .optional()
    .describe(
      'Open model: starts a second, 100/s, or evenly from one to another, { from: 10/s, to: 100/s }.',
    ),
  concurrency: level('an integer of at least 1', concurrency, count(0, 100_000))
    .optional()
    .describe('Closed model: requests in flight, 50, or evenly from one to another, { from: 1, to: 50 }.'),
});

const addresses = grammar(address, parseSourceAddresses);

const warmupWords = 'a number of requests such as 100 or a time such as 5s';

/** Requests (`10k`) or a time (`5s`). */
function parseWarmup(text: string): Parsed<{ readonly unit: 'requests' | 'ms'; readonly amount: number }> {
  const requests = parseCount(text, 0, Number.MAX_SAFE_INTEGER);
  if (requests.ok) return { ok: true, value: { unit: 'requests', amount: requests.value } };
  const time = parseDuration(text);
  if (time.ok) return { ok: true, value: { unit: 'ms', amount: time.value } };
  return { ok: false, message: `expected ${warmupWords}, got ${shown(text)}` };
}

/** Both are numbers once parsed, so each says what it counts. */
const warmup = z.union(
  [
    integer(0, Number.MAX_SAFE_INTEGER).transform((amount) => ({ unit: 'requests' as const, amount })),
    grammar(warmupWords, parseWarmup),
  ],
  { error: warmupWords },
);

export const loadSchema = section('a map such as { requests: 1000, concurrency: 10 }', {
  requests: requestCount
    .optional()
    .describe(
      'How many requests to start, over all connections, such as 1000 or 10k. 1000 when neither requests nor duration is given; with both the run ends at whichever comes first.',
    ),
  duration: duration.optional().describe('How long to send, such as 30s, 1m30s or 1h.'),
  concurrency: concurrency
    .optional()
    .describe(
      'Requests kept in flight (default 1). With a rate: the most that may be in flight (default 10000).',
    ),
  rate: ratePerSec
    .optional()
    .describe(
      'Open model: start this many requests per second whatever the responses do. 200/s, 90/m, or a number (per second).',
    ),
  arrivals: oneOf('constant', 'poisson', 'gamma')
    .optional()
    .describe(
      'With a rate: evenly spaced starts (constant, the default) or random ones (poisson, or gamma with its burstiness).',
    ),
  stages: list(stage, 1000, `a list of stages, each ${stageWords}`)
    .optional()
    .describe(
      'Stretches of the run, one after the other, each with a rate or each with a concurrency, held or rising or falling evenly; the report has figures by stage.',
    ),
  burstiness: positiveNumber(1000)
    .optional()
    .describe(
      'With arrivals: gamma, its shape: 1 as poisson, below it starts come in bursts, above it they are more even.',
    ),
  trace: z
    .union(
      [
        traceFile.transform((file) => ({ file, speed: 1 })),
        section('a map such as { file: azure.csv, speed: 4 }', {
          file: traceFile.describe("Azure's CSV or Mooncake's JSONL, told apart by what is in it."),
          speed: positiveNumber(1_000_000)
            .default(1)
            .describe('Divides the times between requests (default 1).'),
        }),
      ],
      { error: 'the name of a trace such as azure.csv, or a map with file and speed' },
    )
    .optional()
    .describe(
      'Requests that a service has had: they start when those did, and with llm they have their lengths and what they had in common.',
    ),
  warmup: warmup
    .optional()
    .describe('Requests (100) or time (5s) to send before measuring begins; measured apart.'),
  keepAlive: yesNo()
    .default(true)
    .describe('Keep connections open between requests; false opens one for each request.'),
  retryStale: yesNo()
    .optional()
    .describe(
      'Send a request once more, on a new connection, when the kept one turns out to be closed (default true); false counts it as closed or reset.',
    ),
  httpVersion: oneOf('1.0', '1.1').default('1.1').describe('HTTP version to speak; quote it: "1.0".'),
  timeout: duration
    .optional()
    .describe(
      'How long one request may take from start to last byte (default 30s, of event streams and with llm requests 10m).',
    ),
  idleTimeout: duration
    .optional()
    .describe('How long an event stream may be silent before it is given up (default: for ever).'),
  sourceAddresses: z
    .union([addresses, list(addresses, maxSourceAddresses, 'a list of addresses')], { error: address })
    .optional()
    .describe(
      'Local addresses to send from, with ranges: 127.0.{1..32}.1. ip_hash looks at the first three numbers of an IPv4 address only.',
    ),
  wire: oneOf('auto', 'uring', 'epoll', 'node')
    .optional()
    .describe(
      'What the native engine sends over: uring (io_uring) and epoll have the kernel date every response, on Linux and without TLS; node works everywhere; auto (the default) takes the best there is.',
    ),
});
