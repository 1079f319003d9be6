import { judgeSpread } from '../distribution/spread.js';
import type { LoadStage } from '../model/plan.js';
import type { StageReport } from '../model/report.js';
import type { BackendCell } from '../tally/backend-cell.js';
import type { Tally } from '../tally/tally.js';
import { timesOf } from './clock-times.js';

/**
 * What became of the requests of each stage. A stage that the run did not come to is left out, one that it ended in is as long as it
 * was then.
 *
 * @param cells of the backends, in the order of the report
 * @param cutOffMs when the run ended, where that was before it should
 */
export function stagesOf(
  tally: Tally,
  stages: readonly LoadStage[],
  cells: readonly BackendCell[],
  weights: ReadonlyMap<string, number>,
  cutOffMs = Number.POSITIVE_INFINITY,
): StageReport[] {
  let fromMs = 0;
  return stages.flatMap((stage, index): StageReport[] => {
    const account = tally.stages[index];
    const startMs = fromMs;
    fromMs += stage.durationMs;
    if (account === undefined || (startMs >= cutOffMs && account.counters.ended === 0)) return [];
    const durationMs = Math.min(stage.durationMs, Math.max(0, cutOffMs - startMs));
    const { counters, clocks, served } = account;
    const backends = cells.map((cell) => {
      const { address } = cell;
      return { address, count: served[tally.cells.indexOf(cell)] ?? 0, weight: weights.get(address) };
    });
    const { shares, distribution } = judgeSpread(backends);
    const times = timesOf('stage', (clock) => clocks[clock].summary());
    return [
      {
        name: stage.name,
        fromMs: startMs,
        durationMs,
        from: stage.from,
        to: stage.to,
        started: counters.ended,
        errors: counters.errors,
        rps: durationMs > 0 ? counters.count / (durationMs / 1000) : undefined,
        ...times,
        responseMs: tally.shape.open ? times.responseMs : times.serviceMs,
        backends: backends.map(({ address, count }, at) => ({ address, count, share: shares[at]?.share })),
        skew: distribution.skew,
        skewNoise: distribution.skewNoise,
      },
    ];
  });
}
