import { median } from 'simple-statistics';
import { endedCount, errorCount } from '../figures/counts.js';
import { hasMoreErrors } from '../figures/interval.js';
import type { Advice } from '../model/advice.js';
import type { LatencySummary } from '../model/latency.js';
import type { RunReport } from '../model/report.js';
import { welchTest } from '../stats/welch-test.js';

/** Chance of calling figures different that are not. */
const risk = 0.01;
/** With fewer rounds nobody knows how far the rounds of one method differ. */
const leastRounds = 3;

/** All runs of one algorithm. */
interface Contender {
  readonly name: string;
  readonly runs: readonly RunReport[];
  /** Requests that ended, and those of them without a good response. */
  readonly ended: number;
  readonly failed: number;
  /** Median over the rounds, ms. */
  readonly p99: number;
}

/**
 * Which algorithm the runs speak for, if any: one with fewer errors than another, else one with a lower p99, where the
 * difference is more than noise. Times are those of the requests that were no errors.
 *
 * It speaks from three rounds on, of the difference between methods against that between rounds: the requests of one run do not
 * see how runs differ. A difference of p99 counts when Welch's t-test finds it less than 1 time in 100 by chance; errors differ
 * when their 99 % intervals (Clopper and Pearson) do not overlap and every round of the one has more than each of the other.
 *
 * The best is held against round robin, nginx's default, else against the slowest.
 */
export function adviceOn(runs: readonly RunReport[]): Advice | undefined {
  if (runs.some(({ interrupted }) => interrupted)) return undefined;
  const contenders = contendersOf(runs);
  if (contenders === undefined || contenders.length < 2) return undefined;
  if (contenders.some(({ runs }) => runs.length < leastRounds)) return undefined;
  const [safest] = contenders.toSorted((a, b) => errorRatio(a) - errorRatio(b));
  if (safest === undefined) return undefined;
  const safe = contenders.filter((one) => !failsMore(one, safest));
  const [best, ...slower] = safe.toSorted((a, b) => a.p99 - b.p99);
  if (best === undefined) return undefined;
  const isFaster = (other: Contender) => isBeyondNoise(best, other);
  const asGood = slower.filter((other) => !isFaster(other)).map(({ name }) => name);
  const unsafe = contenders.filter((one) => !safe.includes(one));
  const worst = referenceOf(unsafe, errorRatio);
  if (worst !== undefined) {
    const evidence = { metric: 'errors', value: errorRatio(best), other: errorRatio(worst) } as const;
    return adviceFor(best, worst, asGood, evidence);
  }
  const other = referenceOf(slower.filter(isFaster), ({ p99 }) => p99);
  if (other === undefined) return undefined;
  return adviceFor(best, other, asGood, { metric: 'p99', value: best.p99, other: other.p99 });
}

function adviceFor(
  best: Contender,
  other: Contender,
  asGood: readonly string[],
  evidence: Advice['evidence'],
): Advice {
  const skew = medianOf(best, ({ distribution }) => distribution.skew);
  const noise = medianOf(best, ({ distribution }) => distribution.skewNoise) ?? 0;
  const otherSkew = medianOf(other, ({ distribution }) => distribution.skew) ?? 0;
  return {
    algorithm: best.name,
    over: other.name,
    asGood,
    evidence,
    errorRatio: evidence.metric === 'errors' ? undefined : errorRatio(best),
    skewPrice: skew !== undefined && skew > noise && skew > otherSkew ? skew : undefined,
  };
}

/** `undefined` when a run has no figures to be compared by. */
function contendersOf(runs: readonly RunReport[]): Contender[] | undefined {
  const groups = new Map<string, RunReport[]>();
  for (const run of runs) {
    if (run.algorithm === undefined || timesOf(run).p99 === undefined) return undefined;
    groups.set(run.algorithm, [...(groups.get(run.algorithm) ?? []), run]);
  }
  return [...groups].map(([name, group]) => {
    const p99 = median(group.flatMap((run) => timesOf(run).p99 ?? []));
    return { name, runs: group, ended: sum(group, endedCount), failed: sum(group, errorCount), p99 };
  });
}

/** Of what was no error: one comes fast, and is no good time. */
function timesOf({ successes, responseMs }: RunReport): LatencySummary {
  return successes?.responseMs ?? responseMs;
}

function errorRatio({ failed, ended }: Contender): number {
  return ended > 0 ? failed / ended : 0;
}

/** Whether a method has more errors than the safest, in all and in each of its rounds. */
function failsMore({ runs }: Contender, safest: Contender): boolean {
  const ratios = (rounds: readonly RunReport[]) =>
    rounds.map((run) => errorCount(run) / Math.max(1, endedCount(run)));
  return hasMoreErrors(runs, safest.runs) && Math.min(...ratios(runs)) > Math.max(...ratios(safest.runs));
}

/** Whether the p99 of `fast` is lower than that of `slow` by more than noise. */
function isBeyondNoise(fast: Contender, slow: Contender): boolean {
  if (fast.p99 >= slow.p99) return false;
  // Times vary by factors rather than by amounts.
  const logs = ({ runs }: Contender) => runs.map((run) => Math.log(timesOf(run).p99 ?? 0));
  return welchTest(logs(fast), logs(slow)).pValue < risk;
}

/** nginx's default, else the one of the largest figure. */
function referenceOf(
  contenders: readonly Contender[],
  figure: (contender: Contender) => number,
): Contender | undefined {
  const [largest] = contenders.toSorted((a, b) => figure(b) - figure(a));
  return contenders.find(({ name }) => name === 'round_robin') ?? largest;
}

function medianOf({ runs }: Contender, figure: (run: RunReport) => number | undefined): number | undefined {
  const values = runs.flatMap((run) => figure(run) ?? []);
  return values.length === 0 ? undefined : median(values);
}

function sum(runs: readonly RunReport[], figure: (run: RunReport) => number): number {
  return runs.reduce((total, run) => total + figure(run), 0);
}
