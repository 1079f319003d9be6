import { judgeBuffering } from '../distribution/buffering.js';
import { judgeWork, type Work } from '../distribution/work.js';
import { formatMs } from '../figures/format.js';
import type { StreamClock } from '../model/clocks.js';
import type { LatencySummary } from '../model/latency.js';
import { Outcome } from '../model/outcome.js';
import type { Slo } from '../model/plan.js';
import type { RunReport } from '../model/report.js';
import type {
  BackendStreams,
  Buffering,
  Goodput,
  RequestStreams,
  RunStreams,
  StreamTotals,
  WorkSpread,
} from '../model/stream-report.js';
import type { Warning } from '../model/warning.js';
import { binomialInterval } from '../stats/binomial-interval.js';
import { histogramSlots } from '../stats/encoded-histogram.js';
import type { Weight } from '../stats/weighted-draw.js';
import type { Account } from '../tally/account.js';
import type { BackendCell } from '../tally/backend-cell.js';
import type { CounterName } from '../tally/counters.js';
import { LatencyHistogram, milliseconds } from '../tally/latency-histogram.js';
import type { Tally } from '../tally/tally.js';
import type { TimelineTrack } from '../tally/timeline.js';
import { streamTimesOf } from './clock-times.js';

/** A backend's cell and the share that is expected of it. */
export interface ExpectedCell {
  readonly cell: BackendCell;
  readonly expectedShare: number | undefined;
}

/** Whether there is anything to say of streams of language models, or of what was promised. */
export function hasStreams(tally: Tally, slo?: Slo | undefined): boolean {
  return tally.hasStreams || tally.sum('notStreamed') > 0 || slo !== undefined;
}

/** Of the run as a whole. */
export function runStreams(tally: Tally, durationMs: number, slo: Slo | undefined): RunStreams {
  return {
    ...totalsOf(tally.cells, durationMs),
    ...streamTimesOf('run', (clock) =>
      clock === 'ttftResponse'
        ? tally.clocks.ttftResponse.summary()
        : summaryOver(tally.cells, clock as StreamClock<'backend'>),
    ),
    ...(slo !== undefined && { goodput: goodputOf(tally, durationMs, slo) }),
    buffering: bufferingOf(tally),
  };
}

/** Of one backend beside the others. */
export function backendStreams(
  { cell, expectedShare }: ExpectedCell,
  all: readonly ExpectedCell[],
  track: TimelineTrack | undefined,
  { sliceUs, durationMs }: { readonly sliceUs: number; readonly durationMs: number },
): BackendStreams {
  const shareOf = (clock: 'tokensIn' | 'tokensOut') =>
    ratioOf(
      cell.clocks[clock].sumUs,
      sumOver(all, (one) => one.clocks[clock].sumUs),
    );
  const [tokenShare, promptShare] = [shareOf('tokensOut'), shareOf('tokensIn')];
  const off = (share: number | undefined) =>
    share === undefined || !expectedShare ? undefined : share / expectedShare - 1;
  const isKnown = cell.clocks.heldTokenMs.count > 0 || cell.counters.streamsByEvents === 0;
  return {
    ...totalsOf([cell], durationMs),
    ...streamTimesOf('backend', (clock) => cell.clocks[clock].summary()),
    tokenShare,
    promptShare,
    tokenDeviation: off(tokenShare),
    promptDeviation: off(promptShare),
    meanHeldTokens: isKnown ? ratioOf(cell.clocks.heldTokenMs.sumUs, durationMs) : undefined,
    peakHeldTokens: isKnown
      ? (track?.heldTokenMs?.reduce((most, held) => Math.max(most, held), 0) ?? 0) / (sliceUs / 1000)
      : undefined,
  };
}

/** What the path did to the streams. */
function bufferingOf(tally: Tally): Buffering | undefined {
  const e2e = tally.overall('e2e');
  const e2eP50Us = e2e.percentileUs(50);
  e2e.release();
  const lagUs = tally.clocks.lag.percentileUs(99);
  return judgeBuffering({
    streams: tally.sum('streams'),
    compressed: tally.sum('streamsCompressed'),
    innerBursts: tally.sum('innerBursts'),
    burstsOfPages: tally.sum('burstsOfPages'),
    burstsBeforeLast: tally.sum('burstsBeforeLast'),
    burstsOfTlsBuffers: tally.sum('burstsOfTlsBuffers'),
    longStreams: tally.sum('longStreams'),
    heldStreams: tally.sum('heldStreams'),
    outputEvents: tally.sum('outputEvents'),
    outputReads: tally.sum('outputReads'),
    lagP99Ms: milliseconds(lagUs),
    e2eP50Ms: milliseconds(e2eP50Us),
  });
}

/** A gap of which more than this part may be lbbench's own lateness is not the server's. */
const mostLagOfGap = 0.25;

/** What a reader of the figures of streams must know. */
export function streamWarnings({ llm, lagMs }: Pick<RunReport, 'llm' | 'lagMs'>): Warning[] {
  if (llm === undefined) return [];
  const { verdict, evidence, remedy } = llm.buffering ?? {};
  const lag = lagMs?.p99;
  const gap = llm.gapMs?.p50;
  const isUnsafe = lag !== undefined && gap !== undefined && lag > mostLagOfGap * gap;
  return [
    ...(remedy === undefined || verdict === undefined
      ? []
      : [
          {
            code: 'buffered-streams' as const,
            text: `streams do not come as they are made (${verdict}): ${evidence}; times between tokens are those of the path. In nginx's location: ${remedy}`,
          },
        ]),
    ...(isUnsafe
      ? [
          {
            code: 'generator-saturated' as const,
            text: `lbbench was up to ${formatMs(lag)} ms late where streams paused for ${formatMs(gap)} ms: gaps are partly its own`,
          },
        ]
      : []),
  ];
}

/** Whatever became of a request, it was asked: failures and starts that were never made broke what was promised. */
function goodputOf(tally: Tally, durationMs: number, slo: Slo): Goodput {
  const { started, cancelled, droppedStarts } = tally.outcomeCounts();
  const asked = started - cancelled + droppedStarts;
  const good = tally.sum('sloGood');
  const interval = asked > 0 ? binomialInterval(good, asked, 0.99) : undefined;
  return {
    slo: { ttftMs: slo.ttftMs, tpotMs: slo.tpotMs, e2eMs: slo.e2eMs },
    good,
    started: asked,
    ratio: ratioOf(good, asked),
    low: interval?.low,
    high: interval?.high,
    perSec: ratioOf(good * 1000, durationMs),
    failedBy: {
      ttft: tally.sum('sloBrokenTtft'),
      tpot: tally.sum('sloBrokenTpot'),
      e2e: tally.sum('sloBrokenE2e'),
      error: asked - tally.successes,
    },
  };
}

/** Of one kind of request. */
export function requestStreams({ clocks }: Account<'request'>): RequestStreams {
  return streamTimesOf('request', (clock) => clocks[clock].summary());
}

/** How their work spread. */
export function workSpread(cells: readonly ExpectedCell[], skewLimit: number): WorkSpread {
  const workOf = (clock: 'tokensIn' | 'tokensOut' | 'heldTokenMs'): Work => ({
    loads: cells.map(({ cell, expectedShare }) => ({ amount: cell.clocks[clock].sumUs, expectedShare })),
    weights: weightsOf(
      cells.map(({ cell }) => cell),
      clock,
    ),
  });
  return judgeWork(
    { out: workOf('tokensOut'), prompts: workOf('tokensIn'), held: workOf('heldTokenMs') },
    skewLimit,
  );
}

/** What a timeline's slice says of a backend's streams. */
export function sliceStreams(
  { tokensIn, tokensOut, heldTokenMs, gaps, gapUs }: TimelineTrack,
  slice: number,
  sliceUs: number,
) {
  const gapCount = gaps?.[slice] ?? 0;
  return {
    tokensIn: tokensIn?.[slice] ?? 0,
    tokensOut: tokensOut?.[slice] ?? 0,
    heldTokens: ((heldTokenMs?.[slice] ?? 0) * 1000) / sliceUs,
    ...(gapCount > 0 && { gapMs: (gapUs?.[slice] ?? 0) / gapCount / 1000 }),
  };
}

function totalsOf(cells: readonly BackendCell[], durationMs: number): StreamTotals {
  const count = (name: CounterName<'backend'>) =>
    cells.reduce((sum, { counters }) => sum + counters[name], 0);
  const ended = (outcome: Outcome) =>
    cells.reduce((sum, { outcomes }) => sum + (outcomes[outcome] as number), 0);
  const tokens = (clock: 'tokensIn' | 'tokensOut') => ({
    requests: cells.reduce((sum, { clocks }) => sum + clocks[clock].count, 0),
    sum: cells.reduce((sum, { clocks }) => sum + clocks[clock].sumUs, 0),
  });
  const [prompts, out] = [tokens('tokensIn'), tokens('tokensOut')];
  const known = (amount: number) => (out.requests > 0 ? amount : undefined);
  const [truncated, errorInStream, empty] = [Outcome.truncated, Outcome.streamError, Outcome.empty].map(
    ended,
  ) as [number, number, number];
  const [complete, streams, byEvents] = [
    count('streamsComplete'),
    count('streams'),
    count('streamsByEvents'),
  ];
  const byUsage = Math.max(0, out.requests - count('notStreamed'));
  const reads = count('outputReads');
  return {
    counted: { usage: byUsage, events: byEvents, none: Math.max(0, streams - byUsage - byEvents) },
    streams: {
      complete,
      truncated,
      errorInStream,
      empty,
      brokenOff: Math.max(0, streams - complete - truncated - errorInStream - empty),
      notStreamed: count('notStreamed'),
      compressed: count('streamsCompressed'),
      badEvents: count('badEvents'),
    },
    tokens: {
      in: known(prompts.sum),
      out: known(out.sum),
      cached: count('tokensCacheable') > 0 ? count('tokensCached') : undefined,
      reasoning: known(count('tokensReasoning')),
    },
    eventsOut: count('eventsOut'),
    cachedRatio: ratioOf(count('tokensCached'), count('tokensCacheable')),
    tokensPerSec: {
      in: known(ratioOf(prompts.sum * 1000, durationMs) ?? 0),
      out: known(ratioOf(out.sum * 1000, durationMs) ?? 0),
    },
    eventsPerRead:
      reads === 0
        ? undefined
        : { mean: count('outputEvents') / reads, coalescedShare: count('coalescedReads') / reads },
  };
}

function summaryOver(cells: readonly BackendCell[], clock: StreamClock<'backend'>): LatencySummary {
  const all = new LatencyHistogram();
  for (const { clocks } of cells) all.add(clocks[clock]);
  const summary = all.summary();
  all.release();
  return summary;
}

/** What the requests weighed, to three digits; the middle of each slot of the histogram. */
function weightsOf(cells: readonly BackendCell[], clock: 'tokensIn' | 'tokensOut' | 'heldTokenMs'): Weight[] {
  const all = new LatencyHistogram();
  for (const { clocks } of cells) all.add(clocks[clock]);
  const { histogram } = all.summary();
  all.release();
  const slots = histogram === undefined ? undefined : histogramSlots(histogram);
  return (slots ?? []).map(({ low, high, count }) => ({ value: (low + high - 1) / 2, times: count }));
}

function sumOver(all: readonly ExpectedCell[], of: (cell: BackendCell) => number): number {
  return all.reduce((sum, { cell }) => sum + of(cell), 0);
}

function ratioOf(part: number, whole: number): number | undefined {
  return whole > 0 ? part / whole : undefined;
}
