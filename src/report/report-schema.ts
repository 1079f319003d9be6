import { z } from 'zod';
import type { Report } from '../model/report.js';
import type { WarningCode } from '../model/warning.js';
import { adviceSchema } from './advice-schema.js';
import { failoverSchema } from './failover-schema.js';
import { predictionSchema } from './prediction-schema.js';

/** `null` and a field that an older version did not write are both `undefined`: not measured. */
function maybe<T extends z.ZodType>(schema: T) {
  return schema.nullish().transform((value) => value ?? undefined);
}

const count = z.number().nonnegative();
const figure = maybe(z.number());
const counts = z.record(z.string(), count);

const latency = z.object({
  count,
  min: figure,
  mean: figure,
  stddev: figure,
  max: figure,
  p50: figure,
  p66: figure,
  p75: figure,
  p80: figure,
  p90: figure,
  p95: figure,
  p98: figure,
  p99: figure,
  p999: figure,
  histogram: maybe(z.string()),
});

const outcomes = z.object({
  started: count,
  responses: count,
  connectErrors: count,
  resets: count,
  timeouts: count,
  malformed: count,
  closed: count,
  cancelled: count,
  droppedStarts: count,
});

/** What a tally keeps, and one for all beyond. What reads a report may take time with the square of this. */
const mostBackends = 1025;

const backend = z.object({
  address: z.string(),
  weight: figure,
  expectedShare: figure,
  count,
  share: figure,
  deviation: figure,
  retries: count,
  status: counts,
  failures: maybe(
    z.object({ resets: count, timeouts: count, malformed: count, closed: count, cancelled: count }),
  ),
  serviceMs: latency,
  ttfbMs: latency,
  meanInFlight: figure,
  peakInFlight: figure,
});

const distribution = z.object({
  skew: figure,
  skewNoise: figure,
  maxOverMean: figure,
  coefficientOfVariation: figure,
  jainIndex: figure,
  chiSquare: maybe(z.object({ statistic: z.number(), degreesOfFreedom: z.number(), pValue: z.number() })),
  minimumRequests: figure,
  inFlightSkew: figure,
});

const reconciliation = z.object({
  log: z.string(),
  clientResponses: count,
  logLines: count,
  givenUp: figure,
  notProxied: count,
  unmatched: count,
  backends: z.array(
    z.object({
      address: z.string(),
      headerCount: count,
      logCount: count,
      headerRetries: count,
      logRetries: count,
    }),
  ),
  differences: z.array(z.string()),
});

const run = z.object({
  name: z.string(),
  round: figure,
  algorithm: maybe(z.string()),
  balancer: z.string(),
  engine: z.string(),
  interrupted: z.boolean(),
  load: z.object({
    model: z.enum(['closed', 'open']),
    requests: figure,
    concurrency: maybe(count),
    ratePerSec: figure,
    durationMs: count,
  }),
  outcomes,
  status: counts,
  bytes: z.object({ received: maybe(count), body: maybe(count), sent: maybe(count) }),
  rps: figure,
  responseMs: latency,
  serviceMs: latency,
  connectMs: latency,
  ttfbMs: latency,
  requests: z.array(z.object({ name: z.string(), count, serviceMs: latency })),
  backends: z.array(backend).max(mostBackends),
  unattributed: count,
  distribution,
  timeline: z.array(
    z.object({
      atMs: count,
      sliceMs: count,
      backends: z.record(z.string(), z.object({ count, inFlight: count })),
    }),
  ),
  failover: maybe(failoverSchema),
  prediction: maybe(predictionSchema),
  // A code that a newer version added is as good as the ones known here: the text is for people.
  warnings: z.array(
    z.object({ code: z.custom<WarningCode>((code) => typeof code === 'string'), text: z.string() }),
  ),
  reconciliation: maybe(reconciliation),
});

const logGroup = z.object({
  key: z.string(),
  count,
  notProxied: count,
  status: counts,
  backends: z.array(
    z.object({ address: z.string(), count, share: figure, retries: count, p50: figure, p99: figure }),
  ),
  skew: figure,
  skewNoise: figure,
});

const log = z.object({
  files: z.array(z.string()),
  format: z.string(),
  escape: z.enum(['default', 'json', 'none']),
  physicalLines: count,
  records: count,
  selected: count,
  unmatched: z.object({
    count,
    first: z.array(z.object({ file: z.string(), line: count, reason: z.string(), text: z.string() })),
  }),
  from: maybe(z.string()),
  to: maybe(z.string()),
  notProxied: figure,
  noLiveUpstreams: figure,
  attempts: maybe(counts),
  servedFinal: maybe(counts),
  by: maybe(z.string()),
  groups: z.array(logGroup),
  others: maybe(logGroup),
});

const verdict = z.enum(['pass', 'fail', 'inconclusive', 'no-data']);

/** A report as its JSON holds it, to the report in memory. */
export const reportSchema = z.object({
  schema: z.literal('lbbench.report/1'),
  tool: z.object({ version: z.string(), node: z.string(), platform: z.string() }),
  startedAt: z.string(),
  seed: z.number(),
  scenario: z.unknown(),
  runs: z.array(run),
  thresholds: z.array(
    z.object({
      rule: z.string(),
      run: z.string(),
      value: figure,
      verdict,
      note: maybe(z.string()),
    }),
  ),
  verdict,
  advice: maybe(adviceSchema),
  log: maybe(log),
}) satisfies z.ZodType<Report>;
