import { z } from 'zod';
import { type ClockRow, clockRows, type Keeper, type StreamClock, streamClocks } from './clocks.js';
import { latencySchema } from './latency.js';
import { count, figure, maybe, optional, type Shape, signedFigure } from './shape.js';

/** What a report says of the streams of language models; see docs/llm.md. */

const maybeTimes = maybe(latencySchema);

/** A field for each clock of streams that the report holds of the run, or of a backend or a request. */
function timeFields<K extends Keeper>(keeper: K): { [N in StreamClock<K> as `${N}Ms`]: typeof maybeTimes } {
  return Object.fromEntries(
    streamClocks(keeper).map((clock) => {
      const { report = '' }: ClockRow = clockRows[clock];
      return [`${clock}Ms`, maybeTimes.describe(report)];
    }),
  ) as { [N in StreamClock<K> as `${N}Ms`]: typeof maybeTimes };
}

const ofRunAndBackend = {
  counted: z
    .object({ usage: count, events: count, none: count })
    .describe(
      "Streams by how their tokens were counted: by the server's usage, by events with output, or not at all. The sums of tokens are of the first.",
    ),
  streams: z.object({
    complete: count,
    truncated: count,
    errorInStream: count,
    empty: count,
    brokenOff: count.describe('Whose body was cut, or that were given up.'),
    notStreamed: count.describe('Answers that were no stream, to requests that asked for one.'),
    compressed: count,
    badEvents: count.describe('Events that were no JSON object, or too long.'),
  }),
  tokens: z
    .object({ in: figure, out: figure, cached: figure, reasoning: figure })
    .describe("By the server's usage; cached is null where it does not say."),
  eventsOut: count.describe('Events with output of the streams without usage.'),
  cachedRatio: figure.describe('cached / tokens of the prompts of which the server said so.'),
  tokensPerSec: z.object({ in: figure, out: figure }),
  eventsPerRead: maybe(
    z.object({
      mean: count,
      coalescedShare: count.describe('Of the reads with output, those of several events.'),
    }),
  ).describe('Events with output for each read that carried any.'),
};

const goodput = z.object({
  slo: z.object({ ttftMs: figure, tpotMs: figure, e2eMs: figure }),
  good: count,
  started: count.describe('Whatever became of them, and those that were due and never started.'),
  ratio: figure,
  low: figure.describe('Where the true ratio lies with 99 % confidence, by Clopper and Pearson.'),
  high: figure,
  perSec: figure,
  failedBy: z
    .object({ ttft: count, tpot: count, e2e: count, error: count })
    .describe('A request can break several parts.'),
});

/** What the path does to streams. */
const buffering = z.object({
  verdict: z
    .enum(['none', 'proxy-4k', 'tls-16k', 'whole', 'compressed', 'inconclusive'])
    .describe(
      'none: events pass as they come; proxy-4k: by pages, as nginx buffers answers without chunks; tls-16k: by the buffers that nginx encrypts; whole: held to the end; compressed: the events are.',
    ),
  evidence: z.string().describe('What it was told by, as a sentence.'),
  remedy: maybe(z.string()).describe(
    'The line of nginx configuration that mends it; null where nothing has to be mended.',
  ),
});

export const requestStreamsSchema = z.object(timeFields('request'));

export const backendStreamsSchema = z.object({
  ...ofRunAndBackend,
  ...timeFields('backend'),
  tokenShare: figure.describe('Of the tokens that all backends generated.'),
  promptShare: figure,
  tokenDeviation: signedFigure.describe('tokenShare / expectedShare - 1.'),
  promptDeviation: signedFigure,
  meanHeldTokens: figure.describe(
    'Prompts and what was generated so far, of the streams open at it, averaged over the run: what fills its memory.',
  ),
  peakHeldTokens: figure.describe('The largest mean over a slice of the timeline.'),
});

export const runStreamsSchema = z.object({
  ...ofRunAndBackend,
  ...timeFields('run'),
  buffering: optional(buffering).describe('What the path does to the streams.'),
  goodput: optional(goodput).describe('Of what was started, against slo; null without one.'),
});

/** How the work of the streams spread, beside their number. */
export const workSpreadFields = {
  tokenSkew: optional(z.number()).describe(
    'Skew of the tokens generated instead of the counts; null, like all of these, without streams of language models.',
  ),
  tokenSkewNoise: optional(z.number()).describe(
    'The token skew that a fair draw of these requests, each with the tokens it had, stays under 99 times in 100.',
  ),
  promptSkew: optional(z.number()).describe('Skew of the tokens of prompts.'),
  promptSkewNoise: optional(z.number()),
  heldSkew: optional(z.number()).describe('Skew of the mean tokens held.'),
  heldSkewNoise: optional(z.number()),
  effectiveRequests: optional(z.object({ out: figure, in: figure, held: figure })).describe(
    'So many requests of equal weight vary as much: (sum of weights)^2 / sum of squares.',
  ),
  minimumRequestsForTokens: optional(z.number()).describe(
    'As minimumRequests, of requests whose tokens vary as these do.',
  ),
};

export interface RunStreams extends Shape<typeof runStreamsSchema> {}
export interface BackendStreams extends Shape<typeof backendStreamsSchema> {}
export interface RequestStreams extends Shape<typeof requestStreamsSchema> {}
export type WorkSpread = Shape<z.ZodObject<typeof workSpreadFields>>;
export type StreamTotals = Pick<RunStreams, keyof typeof ofRunAndBackend>;
export type Buffering = Shape<typeof buffering>;
export type Goodput = Shape<typeof goodput>;
