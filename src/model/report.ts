import * as z from 'zod';
import { adviceSchema } from './advice.js';
import { affinitySchema } from './affinity.js';
import { agentSchema } from './agent-report.js';
import { type ClockRow, clockRows, type Keeper, type ReportedClock, reportedClocks } from './clocks.js';
import { failoverSchema } from './failover.js';
import { latencySchema } from './latency.js';
import { predictionSchema } from './prediction.js';
import { unitNames } from './rule.js';
import { count, counts, figure, maybe, optional, portion, type Shape, signedFigure } from './shape.js';
import {
  backendStreamsSchema,
  requestStreamsSchema,
  runStreamsSchema,
  workSpreadFields,
} from './stream-report.js';
import type { WarningCode } from './warning.js';

const outcomes = z.object({
  started: count.describe('The sum of all that follow but failedChecks, droppedStarts and neverStarted.'),
  responses: count.describe('Complete, well-formed responses of any status.'),
  connectErrors: count.describe('No connection: refused, unreachable, no free port, TLS handshake refused.'),
  resets: count.describe('The peer reset an established connection.'),
  timeouts: count.describe('Nothing complete arrived within the request timeout, in whatever phase.'),
  malformed: count.describe('Bytes that are not one HTTP response.'),
  closed: count.describe('The peer closed the connection before the response was complete.'),
  cancelled: count.describe('lbbench gave up waiting because the run was interrupted.'),
  truncated: optional(count).describe(
    'Streams of a language model that ended well-formed without having said that they were done; null, like the next two, where there was no such stream.',
  ),
  streamErrors: optional(count).describe('Streams of a language model in which an event carried an error.'),
  emptyStreams: optional(count).describe('Streams of a language model that ended without any output.'),
  failedChecks: optional(count).describe(
    'Of the responses, those that failed a check of the scenario, and are errors for that; null where there was none.',
  ),
  droppedStarts: count.describe(
    'Open model only: starts that were due but never made because the cap on requests in flight was reached.',
  ),
});

/** Of a run that several machines may have sent. */
const runOutcomes = outcomes.extend({
  lost: optional(count).describe(
    'Sent from several machines only: requests that one of them was given and of which nothing was heard; at most so many were sent, if lostBounded.',
  ),
  neverStarted: optional(count).describe(
    'Sent from several machines only: requests that were asked for and certainly not sent.',
  ),
});

const newerTimes = optional(latencySchema);

type TimeFields<K extends Keeper> = {
  [N in ReportedClock<K> as `${N}Ms`]: (typeof clockRows)[N] extends { readonly mayLack: true }
    ? typeof newerTimes
    : typeof latencySchema;
};

/** A field for each clock that the report holds of the run, or of a backend or a request. */
function timeFields<K extends Keeper>(keeper: K): TimeFields<K> {
  return Object.fromEntries(
    reportedClocks(keeper).map((clock) => {
      const { report = '', mayLack }: ClockRow = clockRows[clock];
      return [`${clock}Ms`, (mayLack ? newerTimes : latencySchema).describe(report)];
    }),
  ) as TimeFields<K>;
}

const request = z.object({
  name: z.string(),
  count,
  ...timeFields('request'),
  llm: optional(requestStreamsSchema).describe(
    'Of its answers that were streams of a language model; null without any.',
  ),
});

const stage = z.object({
  name: z.string(),
  fromMs: count.describe('When it began, since the start of the run.'),
  durationMs: count.describe('As long as it was to be, or until the run ended.'),
  from: count.describe(
    'At its beginning: requests in flight in the closed model, starts a second in the open one.',
  ),
  to: count.describe('At its end.'),
  started: count.describe(
    'Requests that were due in it, or in the closed model began, and ended at any time.',
  ),
  errors: count.describe('Of them, those that count as errors.'),
  rps: figure.describe('Responses to its requests / its duration.'),
  ...timeFields('stage'),
  backends: z.array(z.object({ address: z.string(), count, share: portion })).max(1025),
  skew: figure,
  skewNoise: figure.describe('The skew that a fair draw of this count stays under 99 times in 100.'),
});

/** What a tally keeps, and one for all beyond. What reads a report may take time with the square of this. */
const mostBackends = 1025;

const failures = z.object({
  resets: count,
  timeouts: count,
  malformed: count,
  closed: count,
  cancelled: count,
  truncated: optional(count),
  streamErrors: optional(count),
  emptyStreams: optional(count),
});

const backend = z.object({
  address: z.string(),
  weight: figure.describe('null when no weights are known.'),
  expectedShare: portion.describe('weight / sum of weights.'),
  count: count.describe('Responses it served.'),
  share: portion.describe('count / attributed responses; null when nothing was attributed.'),
  deviation: signedFigure.describe('share / expectedShare - 1.'),
  retries: count.describe('Attempts at it that did not serve the response.'),
  status: counts.describe('Responses by status code.'),
  errors: optional(count).describe(
    'Responses it served that count as errors; null in reports older than this field.',
  ),
  failedChecks: optional(count).describe(
    'Of the responses it served, those that failed a check and are errors for that; null where there was none.',
  ),
  failures: optional(failures).describe(
    'Requests that broke off after it had sent the head of a response, by how they ended; null where only a log tells, and in reports older than this field.',
  ),
  ...timeFields('backend'),
  meanInFlight: figure.describe('Requests in flight at it, averaged over the run: its busy time / duration.'),
  peakInFlight: figure,
  llm: optional(backendStreamsSchema).describe(
    'Of the streams of a language model that it sent; null where nobody sent any.',
  ),
});

const successes = z.object({
  count: count.describe('Responses that do not count as errors.'),
  rps: figure.describe('Of them, a second.'),
  ...timeFields('status'),
});

const check = z.object({
  request: z.string(),
  check: z.string().describe('What must hold: body /error is null.'),
  failed: count.describe('Responses of which it is the first check that failed.'),
  backends: counts.describe('Of them by backend, as far as that is known.'),
});

const byStatus = z.object({
  status: z.string().describe('A code, or a class such as 4xx.'),
  count,
  ...timeFields('status'),
});

/** Each code that there can be, and each class. */
const mostStatuses = 1010;

const distribution = z.object({
  skew: figure.describe('max over backends of abs(share / expected share - 1).'),
  presentSkew: optional(z.number()).describe(
    'The skew if every backend that got nothing for longer than chance explains was away then; null when there was none, or all is certain.',
  ),
  skewNoise: figure.describe('The skew that a fair draw of this count stays under 99 times in 100.'),
  maxOverMean: figure.describe('Largest count over mean count, each relative to its expected share.'),
  coefficientOfVariation: figure.describe('Population standard deviation over mean of count / weight.'),
  jainIndex: figure.describe("Jain's fairness index of count / weight, 1/n to 1."),
  chiSquare: maybe(z.object({ statistic: z.number(), degreesOfFreedom: z.number(), pValue: z.number() })),
  minimumRequests: figure.describe(
    'Smallest count at which a fair draw exceeds the skew limit less than 1 time in 100.',
  ),
  inFlightSkew: figure.describe(
    "Skew of the backends' mean requests in flight instead of their counts: work, not requests.",
  ),
  ...workSpreadFields,
});

const slice = z.object({
  atMs: count.describe('Start of the slice since the start of the run.'),
  sliceMs: count,
  backends: z
    .record(
      z.string(),
      z.object({
        count,
        inFlight: count,
        tokensIn: optional(count),
        tokensOut: optional(count),
        heldTokens: optional(count),
        gapMs: optional(count),
      }),
    )
    .describe(
      'By address: responses completed in the slice, and mean requests in flight over it. Of streams of a language model the tokens whose output came in it, those of the prompts whose output began in it, the mean tokens held, and the mean gap that ended in it.',
    ),
});

const reconciliation = z.object({
  log: z.string(),
  clientResponses: count.describe('Responses that the client got.'),
  logLines: count.describe('Lines of this run in the log.'),
  givenUp: figure.describe(
    'Of them, requests that the client gave up before nginx answered (status 499); null without $status.',
  ),
  notProxied: count.describe('Of them, requests for which nginx asked no backend.'),
  unmatched: count.describe('Lines in the part of the log that could not be read.'),
  backends: z
    .array(
      z.object({
        address: z.string(),
        headerCount: count.describe('By the response header, which the client saw.'),
        logCount: count,
        headerRetries: count,
        logRetries: count,
      }),
    )
    .describe('Backends of both, with what each view says.'),
  differences: z.array(z.string()).describe('Every difference, as a sentence; empty when both agree.'),
});

const generator = z.object({
  lostMs: count.describe(
    'Time that lbbench stood still or waited for a processor; of several threads the mean.',
  ),
  lateFailures: count.describe(
    'Requests that ended without a response and of whose time that was more than a tenth.',
  ),
});

const run = z.object({
  name: z
    .string()
    .describe(
      'Unique in the report: the algorithm, or the scenario without one; in one of several rounds with " #2" behind it.',
    ),
  round: optional(z.number()).describe(
    'Which of several interleaved rounds, from 1; null when there is only one.',
  ),
  algorithm: maybe(z.string()).describe(
    "As nginx's directive; null when that of a balancer which ran already is not known.",
  ),
  balancer: z
    .string()
    .describe(
      'nginx 1.22.1 or embedded in a lab; the URL of a balancer that ran already, with the upstream block where it is known: http://127.0.0.1:8080 (upstream backend); whose log it was.',
    ),
  engine: z.string(),
  wire: optional(
    z.object({
      name: z.enum(['uring', 'epoll', 'node']).describe('io_uring, epoll, or node:net and node:tls.'),
      clock: z
        .enum(['kernel', 'process'])
        .describe('What dates the arrival of a response: the kernel, or lbbench when it looks.'),
      why: maybe(z.string()).describe('Why it is no better one; null where there is none.'),
    }),
  ).describe('What the native engine sent over; null where nobody says.'),
  interrupted: z.boolean(),
  load: z.object({
    model: z.enum(['closed', 'open']),
    requests: figure.describe('Requests asked for; null when the run was bounded by time.'),
    concurrency: maybe(count).describe('null when it is not known: a log does not tell.'),
    ratePerSec: figure,
    durationMs: count.describe('First start to last byte.'),
  }),
  resent: optional(count).describe(
    'Requests sent once more, on a new connection, because the kept one had been closed before the server could see them; each counts once, as what became of it then.',
  ),
  outcomes: runOutcomes.describe('How the requests ended. The kinds are disjoint.'),
  status: counts.describe('Responses by status code.'),
  bytes: z
    .object({ received: maybe(count), body: maybe(count), sent: maybe(count) })
    .describe('null for what was not measured: a log tells only what its format carries.'),
  rps: figure.describe('Responses a second.'),
  ...timeFields('run'),
  successes: optional(successes).describe(
    'Rate and times of the responses that do not count as errors; null where no status was known, and in reports older than this field.',
  ),
  byStatus: optional(z.array(byStatus).max(mostStatuses)).describe(
    'The times of the responses of each status, and of each class of several; null in reports older than this field.',
  ),
  llm: optional(runStreamsSchema).describe(
    'Of answers that were streams of a language model; null where there was none.',
  ),
  checks: optional(z.array(check).max(10_000)).describe(
    'The checks of the scenario, each with what failed it; null where there are none.',
  ),
  generator: optional(generator).describe(
    'What lbbench itself lost; null where it was not measured, and in reports older than this field.',
  ),
  requests: z.array(request),
  stages: optional(z.array(stage).max(1000)).describe(
    'Figures by stage of the load, in their order, as far as the run came; only with load.stages.',
  ),
  backends: z.array(backend).max(mostBackends),
  unattributed: count.describe('Responses whose backend could not be told.'),
  noBackendLeft: optional(count).describe(
    'Of the unattributed, those that no backend served because none was left; null in reports older than this field.',
  ),
  notProxied: optional(count).describe(
    'Responses for which no backend was asked, which are not among the unattributed; null in reports older than this field.',
  ),
  distribution: distribution.describe('How the attributed responses spread over the backends.'),
  timeline: z.array(slice),
  agents: optional(z.array(agentSchema).max(10_000)).describe(
    'The machines that sent the load together, in the order of their seats; only with --agents.',
  ),
  lostBounded: optional(z.boolean()).describe(
    'Sent from several machines only: false when more than outcomes.lost may have been sent, as nobody counts what a machine sends by time until it dies.',
  ),
  failover: optional(failoverSchema).describe(
    'What a failover drill showed; only with lab.events. All times are milliseconds since the start of the run.',
  ),
  affinity: optional(affinitySchema).describe(
    'Whether the turns of sessions stayed on their backend; null without sessions of several turns.',
  ),
  prediction: optional(predictionSchema).describe(
    "How placements compare with the model of nginx's method; null where it cannot tell.",
  ),
  reconciliation: optional(reconciliation).describe(
    'What the access log says beside what the client saw; null when no log was read.',
  ),
  warnings: z
    .array(
      z.object({
        // A code that a newer version added is as good as the ones known here: the text is for people.
        code: z.string().transform((code) => code as WarningCode),
        text: z.string(),
      }),
    )
    .describe('What a reader must know to read the figures right. Codes are stable, texts are for people.'),
});

const logGroup = z.object({
  key: z.string(),
  count,
  mayLack: optional(count).describe(
    'Requests of the value that are counted among the others, at most: of a log that was read only once, as it came. Null in reports older than this field.',
  ),
  notProxied: count,
  status: counts.describe('Responses by status code.'),
  backends: z.array(
    z.object({
      address: z.string(),
      count,
      share: portion.describe('count / attributed requests of the group.'),
      retries: count,
      errors: optional(count).describe(
        'Responses of status 400 and above that it served; null in reports older than this field.',
      ),
      p50: figure.describe('Service time in milliseconds.'),
      p99: figure.describe('Service time in milliseconds.'),
    }),
  ),
  skew: figure,
  presentSkew: optional(z.number()).describe(
    'The skew if every backend that got nothing for longer than chance explains was away then; null when there was none, or all is certain.',
  ),
  skewNoise: figure.describe('The skew that a fair draw of this count stays under 99 times in 100.'),
});

const log = z.object({
  files: z.array(z.string()).describe('In the order they were read.'),
  format: z.string().describe('The text of log_format; of several, that of most requests.'),
  escape: z.enum(['default', 'json', 'none']),
  balancer: optional(z.string()).describe(
    'Who wrote the log, where it is not nginx: HAProxy, Envoy and so on.',
  ),
  formats: optional(z.array(z.object({ format: z.string(), records: count, selected: count }))).describe(
    'Which requests were of which format, where the lines are of several; null where they are of one.',
  ),
  physicalLines: count.describe('Lines as wc -l counts them, and a last one without line feed.'),
  records: count.describe('Requests read, selected or not.'),
  selected: count.describe('Requests that the figures are about.'),
  unmatched: z
    .object({
      count,
      first: z.array(
        z.object({
          file: z.string(),
          line: count.describe('1-based.'),
          reason: z.string(),
          text: z.string(),
        }),
      ),
    })
    .describe('Lines that could not be read as requests, and the first of them.'),
  from: maybe(z.string()).describe(
    'ISO 8601, UTC: where the window begins that rates and requests in flight belong to, which is --since as far as the log covers it, else where the first line ends; null when the format has no time.',
  ),
  to: maybe(z.string()).describe('The same of its end: --until, else where the last line ends.'),
  notProxied: figure.describe(
    'Requests for which no backend was asked; null, like the next three, without $upstream_addr.',
  ),
  noLiveUpstreams: figure.describe('Responses that the balancer made because no backend was left.'),
  attempts: maybe(counts).describe('Count and retries together, by backend.'),
  servedFinal: maybe(counts).describe(
    'Responses that really came from the backend; null without $upstream_status.',
  ),
  by: maybe(z.string()).describe('What the lines were split by; null when they were not.'),
  groups: z
    .array(logGroup)
    .describe(
      'In the order of their first line; of too many values the most frequent ones, by their frequency.',
    ),
  others: maybe(logGroup).describe('The values beyond the number of groups, together.'),
  othersAtMost: optional(count).describe(
    'None of those values has more requests than this; null when there were none.',
  ),
});

const verdict = z.enum(['pass', 'fail', 'inconclusive', 'no-data']);

const thresholdResult = z.object({
  rule: z.string(),
  run: z.string().describe('Name of the run it was judged on.'),
  value: signedFigure,
  unit: optional(z.enum(unitNames)).describe(
    'Of the value and the limit; null in reports older than this field.',
  ),
  implied: optional(z.boolean()).describe(
    'True for a rule that the scenario does not write: errors < 1%, where it says nothing of errors.',
  ),
  verdict,
  note: maybe(z.string()),
});

/**
 * The one source of the report's shape: what reads a report back, what the types below are inferred from, and what the
 * published JSON Schema is made of. What it reads is a report as JSON holds it, where every `undefined` is `null`.
 */
export const reportSchema = z
  .object({
    schema: z.literal('lbbench.report/1'),
    tool: z.object({ version: z.string(), node: z.string(), platform: z.string() }),
    startedAt: z.string().describe('ISO 8601, UTC.'),
    seed: z.number(),
    scenario: z.unknown().describe('The resolved scenario, credentials removed.'),
    runs: z.array(run),
    thresholds: z.array(thresholdResult),
    verdict: maybe(verdict).describe(
      'The worst of the thresholds; null when there were none. Older reports without thresholds say pass.',
    ),
    advice: optional(adviceSchema).describe(
      'What the runs say about which algorithm to take; null when they say nothing beyond noise.',
    ),
    log: optional(log).describe(
      'What was read, when the report is about access logs instead of load that was sent. Counts are of requests unless they say otherwise.',
    ),
  })
  .describe(
    'A report of lbbench. What could not be measured is null. Times are milliseconds, ratios 0 to 1.',
  );

/** The whole result of a scenario. In JSON every `undefined` is written as `null`. */
export interface Report extends Shape<typeof reportSchema> {}

export type Verdict = z.output<typeof verdict>;

/** How a rule went on a run. */
export interface ThresholdResult extends Shape<typeof thresholdResult> {}

/** One algorithm (or target) under one load. */
export interface RunReport extends Shape<typeof run> {}

/** The times of a run, or of a backend or a request, as its report holds them. */
export type ReportedTimes<K extends Keeper> = Shape<z.ZodObject<TimeFields<K>>>;

/** How the requests of a run ended, by kind; the kinds are those of `Outcome`. */
export interface OutcomeCounts extends Shape<typeof outcomes> {}

/** One kind of request of the scenario. */
export interface RequestReport extends Shape<typeof request> {}

/** The responses of a run that do not count as errors. */
export interface Successes extends Shape<typeof successes> {}

/** A check of the scenario, and what failed it. */
export interface CheckReport extends Shape<typeof check> {}

/** The responses of one status, or of a class. */
export interface StatusReport extends Shape<typeof byStatus> {}
/** A stretch of the load. */
export interface StageReport extends Shape<typeof stage> {}

/** No connect errors: whoever could not be connected to has sent no head. */
export interface BackendFailures extends Shape<typeof failures> {}

/** One server behind the balancer, and what it did. */
export interface BackendReport extends Shape<typeof backend> {}

/** How the attributed responses spread over the backends; design section 8. */
export interface Distribution extends Shape<typeof distribution> {}

/** A stretch of a run. */
export interface TimelineSlice extends Shape<typeof slice> {}

/** What was read of access logs. Counts are of requests unless they say otherwise. */
export interface LogReport extends Shape<typeof log> {}

/** The requests with one value of what the lines were split by. */
export interface LogGroupReport extends Shape<typeof logGroup> {}

/** The client's view of a run beside that of nginx's access log. */
export interface Reconciliation extends Shape<typeof reconciliation> {}
