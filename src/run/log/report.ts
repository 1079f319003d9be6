import { dialectOf } from '../../accesslog/dialect/dialects.js';
import type { LogAnswer, LogGroup } from '../../accesslog/log-answer.js';
import type { LogWindow } from '../../accesslog/reading/window.js';
import type { Presence } from '../../distribution/presence.js';
import { judgeSpread } from '../../distribution/spread.js';
import { errorResponses } from '../../figures/counts.js';
import { troubleWarnings } from '../../figures/trouble.js';
import type { LogGroupReport, LogReport, Report, RunReport } from '../../model/report.js';
import { formatAlgorithm } from '../../nginx/algorithm.js';
import { milliseconds } from '../../tally/latency-histogram.js';
import type { Tally } from '../../tally/tally.js';
import { judge, skewLimitOf } from '../../verdict/evaluate.js';
import { asSeen, seenIn } from '../expected-pool.js';
import { figuresOf, type LoggedPresence, type TallyFigures } from '../tally-figures.js';
import { toolInfo } from '../tool.js';
import { type LogFacts, logFacts } from './facts.js';
import type { LoggedPlacements } from './placements.js';
import { comparable, isSeveral, poolOf, seenPools, severalPools } from './pools.js';
import type { Judgement } from './question.js';
import { type Candidate, candidatesOf } from './row-pools.js';
import { aimWarnings, logWarnings } from './warnings.js';

/**
 * The report of access logs: one run, whose load is what the log's clients sent. Figures that the format does not carry
 * are absent.
 *
 * @param readAt when the log was read
 * @param placements where the keys of a hash went, if that was looked at
 */
export function reportOfLog(
  answer: LogAnswer,
  asked: Judgement,
  readAt: Date,
  placements?: LoggedPlacements,
): Report {
  const { expected } = asked;
  const seen = seenIn(answer.tally);
  const pools = seenPools(asked.pools, seen);
  const judgement: Judgement = {
    ...asked,
    pools,
    // Where none of several pools was chosen, each is judged in itself.
    expected: comparable(
      expected === undefined && pools.all.length === 0
        ? undefined
        : asSeen(expected ?? pools.all.flatMap(({ backends }) => backends), seen),
      pools,
      seen,
    ),
  };
  const { run, presence } = runOf(answer, judgement, placements);
  const { selection, rules } = judgement;
  return {
    schema: 'lbbench.report/1',
    tool: toolInfo(),
    startedAt: readAt.toISOString(),
    // Nothing about a log is drawn.
    seed: 0,
    scenario: { name: run.name, files: answer.files, selection },
    runs: [run],
    ...judge(rules, [run]),
    log: logReportOf(answer, judgement, presence),
  };
}

function runOf(
  answer: LogAnswer,
  { expected, rules, pools }: Judgement,
  placements: LoggedPlacements | undefined,
): { readonly run: RunReport; readonly presence: LoggedPresence | undefined } {
  const upstream = pools.chosen?.name;
  const { tally, window } = answer;
  const balancer = dialectOf(answer.format).name;
  const facts = logFacts(answer);
  // What something is expected of has a row even when nothing reached it.
  if (facts.tellsBackend) for (const { address } of expected ?? []) tally.cellOf(address);
  const spanMs = window === undefined ? 0 : window.toMs - window.fromMs;
  // Whole seconds say nothing about less than one; a rate over it would be an invention.
  const durationMs = facts.isCoarse && spanMs < 1000 ? 0 : spanMs;
  const { spread, ...figures } = figuresOf(tally, {
    durationMs,
    expected: facts.tellsBackend ? expected : undefined,
    skewLimit: skewLimitOf(rules),
    inFlight: { mean: facts.hasTimes, peak: false },
    poolOf: isSeveral(pools) ? poolOf(pools) : undefined,
    stretch: window,
  });
  const run: RunReport = {
    name: nameOf(answer.files),
    algorithm: pools.chosen && formatAlgorithm(pools.chosen.upstream.algorithm),
    balancer: upstream === undefined ? balancer : `${balancer} (upstream ${upstream})`,
    engine: 'log',
    interrupted: false,
    load: {
      model: facts.hasRequestTime ? 'open' : 'closed',
      requests: undefined,
      concurrency: undefined,
      ratePerSec: undefined,
      durationMs,
    },
    ...figures,
    // Without a time of the whole request that of the attempt which served comes closest.
    ...(facts.hasRequestTime ? {} : withServiceForResponse(figures)),
    bytes: {
      received: facts.hasSentBytes ? tally.counters.receivedBytes : undefined,
      body: facts.hasBodyBytes ? tally.counters.bodyBytes : undefined,
      sent: undefined,
    },
    prediction: placements?.prediction,
    warnings: [...pools.warnings, ...severalPools(pools), ...logWarnings(answer, facts), ...spread.warnings],
  };
  const warnings = [...run.warnings, ...aimWarnings(run, placements), ...troubleWarnings(run)];
  return { run: { ...run, warnings }, presence: spread.presence };
}

function withServiceForResponse({
  serviceMs,
  successes,
  byStatus,
}: Pick<TallyFigures, 'serviceMs' | 'successes' | 'byStatus'>) {
  return {
    responseMs: serviceMs,
    successes: successes && { ...successes, responseMs: successes.serviceMs },
    byStatus: byStatus?.map((one) => ({ ...one, responseMs: one.serviceMs })),
  };
}

const filesNamed = 3;

function nameOf(files: readonly string[]): string {
  const named = files.map((file) => (file === '-' ? 'standard input' : file));
  if (named.length <= filesNamed + 1) return named.join(', ');
  return `${named.slice(0, filesNamed).join(', ')} and ${named.length - filesNamed} more`;
}

function logReportOf(
  answer: LogAnswer,
  { expected, pools }: Judgement,
  presence: LoggedPresence | undefined,
): LogReport {
  const facts = logFacts(answer);
  const candidates = candidatesOf(answer, expected, pools);
  const group = (one: LogGroup) => groupReportOf(one, facts, candidates(one), presence, answer.window);
  return {
    files: answer.files,
    format: answer.format.text,
    escape: answer.format.escape,
    balancer: answer.format.dialect,
    formats:
      answer.formats.length > 1
        ? answer.formats.map(({ format, records, selected }) => ({ format: format.text, records, selected }))
        : undefined,
    physicalLines: answer.physicalLines,
    records: answer.records,
    selected: answer.selected,
    unmatched: answer.unmatched,
    from: isoOf(answer.window?.fromMs),
    to: isoOf(answer.window?.toMs),
    notProxied: facts.tellsBackend ? answer.tally.counters.notProxied : undefined,
    noLiveUpstreams: answer.noLiveUpstreams,
    attempts: answer.attempts === undefined ? undefined : Object.fromEntries(answer.attempts),
    servedFinal: answer.servedFinal === undefined ? undefined : Object.fromEntries(answer.servedFinal),
    by: answer.by?.replace(/^\$/, ''),
    groups: answer.groups.map(group),
    others: answer.others === undefined ? undefined : group(answer.others),
    othersAtMost: answer.othersAtMost,
  };
}

function isoOf(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}

/** What is expected of the backends of a row over the stretches in which each was there, by the whole log. */
function presenceInRow(
  { cells, timeline }: Tally,
  pool: readonly Candidate[],
  { of, addresses }: LoggedPresence,
  { fromMs, toMs }: LogWindow,
): ReturnType<Presence['sharesOf']> & Pick<Presence, 'absences'> {
  const { tracks, sliceUs, startUs = 0 } = timeline;
  const trackOf = new Map(cells.map(({ address }, index) => [address, tracks[index]]));
  const shares = of.sharesOf(
    pool.map(({ address, pool: name }) => ({
      backend: addresses.indexOf(address),
      pool: name,
      counts: trackOf.get(address)?.counts ?? [],
    })),
    { fromMs, toMs, sliceFromMs: startUs / 1000, sliceMs: sliceUs / 1000 },
  );
  return { ...shares, absences: of.absences };
}

/** @param pool the backends that could have served it: one that a group never reached counts for the group's skew */
function groupReportOf(
  { key, tally, mayLack }: LogGroup,
  facts: LogFacts,
  pool: readonly Candidate[],
  presence: LoggedPresence | undefined,
  window: LogWindow | undefined,
): LogGroupReport {
  const cells = tally.cells.slice(1);
  const counts = new Map(cells.map(({ address, count }) => [address, count]));
  const { shares, distribution } = judgeSpread(
    pool.map((backend) => ({ ...backend, count: counts.get(backend.address) ?? 0 })),
    { presence: presence && window && presenceInRow(tally, pool, presence, window) },
  );
  const shareOf = new Map(shares.map(({ address, share }) => [address, share]));
  return {
    key,
    count: tally.responses,
    mayLack,
    notProxied: facts.tellsBackend ? tally.counters.notProxied : 0,
    status: tally.statusCounts(),
    backends: cells.map(({ address, count, counters, clocks, status }) => ({
      address,
      count,
      share: shareOf.get(address),
      retries: counters.retries,
      errors: errorResponses(status.toRecord()),
      p50: milliseconds(clocks.service.percentileUs(50)),
      p99: milliseconds(clocks.service.percentileUs(99)),
    })),
    skew: distribution.skew,
    presentSkew: distribution.presentSkew,
    skewNoise: distribution.skewNoise,
  };
}
