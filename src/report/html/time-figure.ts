import * as Plot from '@observablehq/plot';
import { formatDuration } from '../../figures/format.js';
import type { RunReport } from '../../model/report.js';
import { element, type MarkupElement } from './markup.js';
import { numbers, type TableColumn } from './table.js';
import type { TimeBin } from './timeline-bins.js';

/** Room around what is drawn over time, so that charts below each other line up. */
export const timeMargins = { marginLeft: 54, marginRight: 14, marginTop: 8, marginBottom: 28 } as const;

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
export function eventMarks({ failover }: RunReport, unit: TimeUnit): Plot.Markish {
  const times = (failover?.events ?? []).flatMap(({ doneMs }) =>
    doneMs === undefined ? [] : [doneMs / unit.ms],
  );
  return Plot.ruleX(times, { stroke: 'var(--ink)', strokeWidth: 1.5 });
}

export interface TimeUnit {
  readonly name: string;
  readonly ms: number;
}

export function timeUnit(bins: readonly TimeBin[]): TimeUnit {
  const endMs = bins.at(-1)?.toMs ?? 0;
  if (endMs < 2_000) return { name: 'ms', ms: 1 };
  return endMs < 300_000 ? { name: 's', ms: 1_000 } : { name: 'min', ms: 60_000 };
}

export function timeScale(bins: readonly TimeBin[], unit: TimeUnit): Plot.ScaleOptions {
  return {
    domain: [0, (bins.at(-1)?.toMs ?? 0) / unit.ms],
    ticks: 5,
    tickSize: 4,
    tickFormat: (time: number) => `${time} ${unit.name}`,
    label: null,
  };
}
