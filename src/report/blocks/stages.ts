import { formatCount, formatDuration, formatMs, formatPercent, formatRate } from '../../figures/format.js';
import type { RunReport, StageReport } from '../../model/report.js';
import { columnsOver, name, onlyTrouble, type Said, type Table } from './block.js';

/** A row for each stage of the runs; `undefined` where no run has any. */
export function stageTable(runs: readonly RunReport[]): Table | undefined {
  const rows = runs.flatMap((run) => (run.stages ?? []).map((stage) => ({ run, stage })));
  if (rows.length === 0) return undefined;
  const { text, figure } = columnsOver(rows);
  return {
    kind: 'table',
    title: 'Stage',
    columns: [
      ...(runs.length > 1 ? [text('run', ({ run }) => name(run.name))] : []),
      text('stage', ({ stage }) => name(stage.name)),
      figure('for', ({ stage }) => formatDuration(stage.durationMs), { givesWay: 3 }),
      figure('requests', ({ stage }) => formatCount(stage.started), { givesWay: 2 }),
      figure('req/s', ({ stage }) => formatRate(stage.rps)),
      ...onlyTrouble(figure('errors', ({ stage }) => formatCount(stage.errors))),
      figure('p50 ms', ({ stage }) => formatMs(stage.responseMs.p50), { givesWay: 1 }),
      figure('p99 ms', ({ stage }) => formatMs(stage.responseMs.p99)),
      figure('skew', ({ stage }) => skewText(stage)),
    ],
  };
}

/** Painted where chance does not explain it. */
function skewText({ skew, skewNoise }: StageReport): Said {
  const isProven = (skew ?? 0) > (skewNoise ?? Number.POSITIVE_INFINITY);
  return { text: formatPercent(skew), mood: isProven ? 'doubtful' : undefined };
}
