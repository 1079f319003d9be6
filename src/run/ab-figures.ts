import { basename } from 'node:path';
import type { FirstResponse, LoadResult } from '../engine/load-job.js';
import type { AbColumn, AbDisplay, AbFigures, AbSample, AbTimes, AbTls } from '../model/ab-figures.js';
import type { Plan, Target } from '../model/plan.js';
import type { RunReport } from '../model/report.js';
import { timesOfSamples } from '../report/ab/column.js';
import { medianRanks } from '../report/ab/rank.js';
import { spreadOfRun } from '../report/ab/spread.js';
import type { LatencyHistogram } from '../tally/latency-histogram.js';
import type { Tally } from '../tally/tally.js';
import { sanitize } from '../text/sanitize.js';

/** What `lbbench ab` prints, from what the engine measured. */
export function abFiguresOf(
  plan: Plan,
  result: LoadResult,
  run: RunReport,
  samples: readonly AbSample[] | undefined,
  display: AbDisplay,
  url: { readonly host: string; readonly port: number; readonly path: string },
): AbFigures {
  const { tally, first } = result;
  const { outcomes } = run;
  const documentLengthBytes = first?.bodyBytes ?? 0;
  const writeErrors = tally.errors
    .entries()
    .reduce((sum, [text, count]) => sum + (text.includes('EPIPE') ? count : 0), 0);
  const otherLengths = display.variableLength
    ? 0
    : outcomes.responses - tally.bodyLengths.get(documentLengthBytes);
  return {
    serverSoftware: first?.server,
    hostname: url.host,
    port: url.port,
    tls: first?.tls && abTls(first.tls, plan.target),
    path: url.path,
    documentLengthBytes,
    concurrency: plan.load.concurrency,
    timeTakenUs: Math.round(result.durationMs * 1000),
    complete: outcomes.responses,
    failed: {
      connect: outcomes.connectErrors,
      receive: outcomes.resets - writeErrors + outcomes.timeouts,
      length: outcomes.closed + otherLengths,
      exceptions: outcomes.malformed,
    },
    writeErrors,
    non2xx: Object.entries(run.status).reduce(
      (sum, [status, count]) => sum + (status[0] === '2' ? 0 : count),
      0,
    ),
    keepAliveRequests: tally.counters.keptAlive,
    transferredBytes: tally.counters.receivedBytes,
    sentBytes: plan.requests.some(({ body }) => body !== undefined) ? tally.counters.sentBytes : undefined,
    bodyBytes: tally.counters.bodyBytes,
    times:
      samples === undefined ? timesOfTally(tally, display.compat) : timesOfSamples(samples, display.compat),
    samples,
    spread: spreadOfRun(run, sourceOf(plan, run)),
  };
}

/** What the backends were told by: the header, or the log where one was read. */
function sourceOf({ attribution }: Plan, { reconciliation }: RunReport): string {
  if (reconciliation !== undefined) return sanitize(basename(reconciliation.log), 60);
  if (attribution.by === 'header') return usualCase(attribution.name);
  return attribution.by === 'log' ? usualCase(attribution.header) : 'the body';
}

/** `x-upstream` as people write it: `X-Upstream`. */
function usualCase(header: string): string {
  return header.replace(/(?<=^|-)[a-z]/g, (letter) => letter.toUpperCase());
}

function timesOfTally(tally: Tally, compat: boolean): AbTimes | undefined {
  const count = tally.responses;
  if (count === 0) return undefined;
  const total = tally.overall('service');
  return {
    count,
    connect: column(tally.clocks.connectOrReuse, compat),
    processing: column(tally.clocks.processing, compat),
    waiting: column(tally.clocks.waiting, compat),
    total: column(total, compat),
    totalAtRankUs: (rank) => atRank(total, rank),
  };
}

function column(histogram: LatencyHistogram, compat: boolean): AbColumn {
  const [low, high] = medianRanks(histogram.count, compat);
  return {
    minUs: histogram.minUs,
    sumUs: histogram.sumUs,
    sdUs: histogram.stddevUs() ?? 0,
    medianUs: (atRank(histogram, low) + atRank(histogram, high)) / 2,
    maxUs: histogram.maxUs,
  };
}

/** The value with `rank` smaller ones before it. */
function atRank(histogram: LatencyHistogram, rank: number): number {
  return histogram.percentileUs((100 * (rank + 1)) / histogram.count) ?? 0;
}

function abTls(session: NonNullable<FirstResponse['tls']>, target: Target | undefined): AbTls {
  const { protocol, cipher, keyBits, cipherBits, temporaryKey } = session;
  return {
    protocol: [protocol, cipher, keyBits ?? 0, cipherBits ?? 0].join(','),
    temporaryKey,
    serverName: target?.tls?.serverName,
  };
}
