import { type ScaleLinear, scaleLinear } from 'd3-scale';
import { formatDuration } from '../../figures/format.js';
import type { RunGroup } from '../../figures/run-groups.js';
import type { RunReport } from '../../model/report.js';
import { type Column, columnsOver, type Said } from '../blocks/block.js';
import { numbers } from '../render/html.js';
import { element, type MarkupElement } from '../render/markup.js';
import { bottomAxis, type Frame, hints, uprights } from './axes.js';

/** Where in a chart of a width and height is drawn over time. */
export function timeFrame(width: number, height: number, left = 54): Frame {
  return { left, right: width - 14, top: 8, bottom: height - 28 };
}

/**
 * A chart over time with its numbers, a row for each stretch.
 *
 * @param figures what is told of each stretch
 */
export function timeFigure(
  title: string,
  bins: readonly TimeBin[],
  drawing: readonly (MarkupElement | undefined)[],
  figures: readonly { readonly head: string; readonly of: (bin: TimeBin) => Said }[],
  caption: string,
): MarkupElement {
  const head = element('figcaption', {}, element('strong', {}, title));
  if (bins.length === 0) {
    return element('figure', {}, head, element('p', { class: 'note' }, 'Nothing was recorded over time.'));
  }
  const { text, figure } = columnsOver(bins);
  const columns: Column[] = [
    text('time', ({ fromMs, toMs }) => `${formatDuration(fromMs)} – ${formatDuration(toMs)}`),
    ...figures.map(({ head, of }) => figure(head, of)),
  ];
  return element('figure', {}, head, drawing, numbers('Numbers', caption, { kind: 'table', columns }));
}

/** When backends were made to fail or brought back. */
export function eventMarks(
  { failover }: RunReport,
  frame: Frame,
  x: (ms: number) => number,
): MarkupElement | undefined {
  const times = (failover?.events ?? []).flatMap(({ doneMs }) => doneMs ?? []);
  if (times.length === 0) return undefined;
  return element('path', {
    d: `${uprights(frame, times.map(x))}`,
    stroke: 'var(--ink)',
    'stroke-width': 1.5,
  });
}

/** Where the times of a run, in milliseconds, lie in a frame. @param endMs the same for all that stand side by side */
export function timeScale({ left, right }: Frame, endMs: number): ScaleLinear<number, number> {
  return scaleLinear().domain([0, endMs]).range([left, right]);
}

/** Where the longest of the timelines ends. */
export function endOf(binned: readonly (readonly [RunGroup, readonly TimeBin[]])[]): number {
  return binned.reduce((end, [, bins]) => Math.max(end, bins.at(-1)?.toMs ?? 0), 0);
}

/** What the chart says of each bin, a line for each series. */
export function binHints(
  frame: Frame,
  x: (ms: number) => number,
  bins: readonly TimeBin[],
  linesOf: (bin: TimeBin) => readonly string[],
): MarkupElement {
  return hints(
    frame,
    bins.map((bin) => ({
      from: x(bin.fromMs),
      to: x(bin.toMs),
      text: [`${formatDuration(bin.fromMs)} – ${formatDuration(bin.toMs)}`, ...linesOf(bin)].join('\n'),
    })),
  );
}

/** Room that a time on the axis takes, at the largest text. */
const tickWidth = 76;

/** The axis of a time scale, in the largest unit that needs no long numbers. */
export function timeAxis(frame: Frame, x: ScaleLinear<number, number>): MarkupElement {
  const [, endMs = 0] = x.domain();
  const { name, ms } = timeUnit(endMs);
  const ticks = x
    .copy()
    .domain([0, endMs / ms])
    .ticks(Math.max(2, Math.min(8, Math.floor((frame.right - frame.left) / tickWidth))));
  return bottomAxis(
    frame,
    ticks.map((time) => ({ at: x(time * ms), text: `${time} ${name}` })),
  );
}

function timeUnit(endMs: number): { readonly name: string; readonly ms: number } {
  if (endMs < 2_000) return { name: 'ms', ms: 1 };
  return endMs < 300_000 ? { name: 's', ms: 1_000 } : { name: 'min', ms: 60_000 };
}

/** A stretch of a run. Counts and requests in flight are in the order of the run's backends. */
export interface TimeBin {
  readonly fromMs: number;
  readonly toMs: number;
  /** Responses completed. */
  readonly counts: readonly number[];
  /** Mean requests in flight. */
  readonly inFlight: readonly number[];
}

/** A run's timeline in at most `mostBins` stretches of equal length, the last one as long as is left. */
function timelineBins({ timeline, backends, load }: RunReport, mostBins: number): TimeBin[] {
  const slicesPerBin = Math.max(1, Math.ceil(timeline.length / mostBins));
  const bins: TimeBin[] = [];
  for (let start = 0; start < timeline.length; start += slicesPerBin) {
    const slices = timeline.slice(start, start + slicesPerBin);
    const fromMs = slices[0]?.atMs ?? 0;
    const last = slices.at(-1);
    const fullMs = (last?.atMs ?? 0) + (last?.sliceMs ?? 0);
    // The run ends inside its last slice; what was in flight there is spread over the part that was measured.
    const toMs = load.durationMs > fromMs ? Math.min(fullMs, load.durationMs) : fullMs;
    const each = (figure: (slice: (typeof slices)[number], address: string) => number) =>
      backends.map(({ address }) => slices.reduce((sum, slice) => sum + figure(slice, address), 0));
    bins.push({
      fromMs,
      toMs,
      counts: each(({ backends }, address) => backends[address]?.count ?? 0),
      inFlight: each(
        ({ backends, sliceMs }, address) => ((backends[address]?.inFlight ?? 0) * sliceMs) / (toMs - fromMs),
      ),
    });
  }
  return bins.filter(({ fromMs, toMs }) => toMs > fromMs);
}

/** Cells of all heat maps together: they are what makes a page large. */
const mostHeatCells = 900;

/** The timelines of all runs that are shown, in as many stretches as there is room for. */
export function binsOf(shown: readonly RunGroup[]): (readonly [RunGroup, TimeBin[]])[] {
  const rows = shown.reduce((sum, { typical }) => sum + Math.min(16, typical.backends.length), 0);
  const most = Math.max(16, Math.min(60, Math.floor(mostHeatCells / Math.max(1, rows))));
  return shown.map((group) => [group, timelineBins(group.typical, most)]);
}
