import { errorRatio } from '../figures/counts.js';
import { formatDuration, formatPercent, formatQuantity, formatRate } from '../figures/format.js';
import type { Report } from '../model/report.js';
import { sanitize } from '../text/sanitize.js';
import { backendTable } from './terminal/backend-table.js';
import { cutToWidth } from './terminal/display-width.js';
import { groupTable } from './terminal/group-table.js';
import { paintWith } from './terminal/paint.js';

/** What is drawn again and again while a log is followed: few lines, each within the width. */
export function liveLog(
  report: Report,
  options: {
    readonly color: boolean;
    readonly width: number;
    readonly rows: number;
    /** Requests a second since the last look; `undefined` at the first. */
    readonly recentPerSec: number | undefined;
  },
): string[] {
  const { color, width, rows, recentPerSec } = options;
  const paint = paintWith(color);
  const [run] = report.runs;
  const { log } = report;
  if (run === undefined || log === undefined) return [];
  const facts = [
    `${sanitize(run.name, 60)}`,
    formatQuantity(log.selected, 'request'),
    ...(recentPerSec === undefined ? [] : [`${formatRate(recentPerSec)}/s now`]),
    `${formatPercent(errorRatio(run))} errors`,
    ...(log.unmatched.count > 0 ? [`${formatQuantity(log.unmatched.count, 'line')} unmatched`] : []),
    ...(run.load.durationMs > 0 ? [formatDuration(run.load.durationMs)] : []),
  ];
  const lines = [
    paint.bold(cutToWidth(facts.join(' · '), width)),
    ...(run.backends.length > 0 ? backendTable(run, width, paint) : []),
    ...(log.by === undefined ? [] : ['', ...groupTable(log, width, paint)]),
  ];
  return lines.slice(0, Math.max(1, rows - 1));
}
