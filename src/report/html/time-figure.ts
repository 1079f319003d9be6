import { type ScaleLinear, scaleLinear } from 'd3-scale';
import { formatDuration } from '../../figures/format.js';
import type { RunReport } from '../../model/report.js';
import { bottomAxis, type Frame, uprights } from './axes.js';
import { element, type MarkupElement } from './markup.js';
import { numbers, type TableColumn } from './table.js';
import type { TimeBin } from './timeline-bins.js';

/** Where in a chart of a width and height is drawn over time. */
export function timeFrame(width: number, height: number, left = 54): Frame {
  return { left, right: width - 14, top: 8, bottom: height - 28 };
}

/** A chart over time with its numbers, a row for each stretch. */
export function timeFigure(
  title: string,
  bins: readonly TimeBin[],
  drawing: readonly (MarkupElement | undefined)[],
  columns: readonly TableColumn<TimeBin>[],
  caption: string,
): MarkupElement {
  const head = element('figcaption', {}, element('strong', {}, title));
  if (bins.length === 0) {
    return element('figure', {}, head, element('p', { class: 'note' }, 'Nothing was recorded over time.'));
  }
  return element('figure', {}, head, drawing, numbers('Numbers', caption, columns, bins));
}

export const timeColumn: TableColumn<TimeBin> = {
  head: 'time',
  text: true,
  cell: ({ fromMs, toMs }) => `${formatDuration(fromMs)} – ${formatDuration(toMs)}`,
};

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

/** Where the times of a run, in milliseconds, lie in a frame. */
export function timeScale({ left, right }: Frame, bins: readonly TimeBin[]): ScaleLinear<number, number> {
  return scaleLinear()
    .domain([0, bins.at(-1)?.toMs ?? 0])
    .range([left, right]);
}

/** The axis of a time scale, in the largest unit that needs no long numbers. */
export function timeAxis(frame: Frame, x: ScaleLinear<number, number>): MarkupElement {
  const [, endMs = 0] = x.domain();
  const { name, ms } = timeUnit(endMs);
  const ticks = x
    .copy()
    .domain([0, endMs / ms])
    .ticks(5);
  return bottomAxis(
    frame,
    ticks.map((time) => ({ at: x(time * ms), text: `${time} ${name}` })),
  );
}

function timeUnit(endMs: number): { readonly name: string; readonly ms: number } {
  if (endMs < 2_000) return { name: 'ms', ms: 1 };
  return endMs < 300_000 ? { name: 's', ms: 1_000 } : { name: 'min', ms: 60_000 };
}
