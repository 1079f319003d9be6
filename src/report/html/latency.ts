import { formatMs } from '../../figures/format.js';
import type { RunGroup } from '../../figures/run-groups.js';
import type { LatencySummary } from '../../model/latency.js';
import { columnsOver } from '../blocks/block.js';
import { successesDiffer, titleOf } from '../blocks/side-by-side.js';
import { numbers } from '../render/html.js';
import { element, type MarkupElement } from '../render/markup.js';
import type { BackendColors } from './backend-colors.js';
import { backendLatencyFigure, backendLatencyLegend } from './backend-latency.js';
import { type ChartSize, chart, gridFor, legend, seriesCount } from './chart.js';
import { percentileCurve } from './percentile-curve.js';
import {
  type Curve,
  curvesLabel,
  noTimes,
  percentileName,
  percentilePlot,
  percentilesOf,
} from './percentile-plot.js';
import { clockTable } from './tables.js';

/** Percentile curves of all runs, then of the backends of each run that is shown. */
export function latencySection(
  groups: readonly RunGroup[],
  shown: readonly RunGroup[],
  colors: BackendColors,
): MarkupElement[] {
  const runs = shown.map(({ typical }) => typical);
  const open = runs.some(({ load }) => load.model === 'open');
  const longest = (times: readonly (number | undefined)[]) =>
    times.reduce<number>((most, ms) => Math.max(most, ms ?? 0), 0.001);
  const ofRuns = longest(runs.flatMap(({ responseMs, serviceMs }) => [responseMs.max, serviceMs.max]));
  const ofBackends = longest(runs.flatMap(({ backends }) => backends.map(({ serviceMs }) => serviceMs.max)));
  const series = (figure: 'responseMs' | 'serviceMs') =>
    shown.map((group) => ({ name: titleOf(group), times: group.typical[figure] }));
  const successes = shown.map((group) => ({
    name: titleOf(group),
    times: (group.typical.successes ?? group.typical).responseMs,
  }));
  const attributed = shown.filter(({ typical }) => typical.backends.length > 0);
  return [
    element(
      'p',
      { class: 'note' },
      open
        ? 'Response time counts from when a request was due, service time from when it started. The axis stretches the tail: each further nine takes the same room.'
        : 'The load is closed, so response and service time are the same: start to last byte. The axis stretches the tail: each further nine takes the same room.',
    ),
    ...(open
      ? [
          element(
            'div',
            { class: 'grid' },
            latencyFigure('half', 'Response time by percentile', series('responseMs'), ofRuns),
            latencyFigure('half', 'Service time by percentile', series('serviceMs'), ofRuns),
          ),
        ]
      : [
          element(
            'div',
            { class: 'whole' },
            latencyFigure('whole', 'Response time by percentile', series('responseMs'), ofRuns),
          ),
        ]),
    ...(successesDiffer(shown)
      ? [
          element(
            'div',
            { class: 'whole' },
            latencyFigure('whole', 'Response time without errors by percentile', successes, ofRuns),
          ),
        ]
      : []),
    ...(attributed.length === 0
      ? []
      : [
          element(
            'div',
            { class: gridFor(attributed.length) },
            element('h3', {}, 'Service time by percentile and backend'),
            backendLatencyLegend(runs, colors),
            attributed.map((group) =>
              backendLatencyFigure(group.typical, titleOf(group), colors, ofBackends, attributed.length),
            ),
          ),
        ]),
    clockTable(groups.flatMap(({ runs }) => runs)),
  ];
}

interface LatencySeries {
  readonly name: string;
  readonly times: LatencySummary;
}

/** How long the requests of each algorithm took, by percentile; those beyond the number of colours are drawn alike. */
function latencyFigure(
  size: ChartSize,
  title: string,
  series: readonly LatencySeries[],
  scaleMs: number,
): MarkupElement {
  const curves = series.map(({ name, times }, index) => ({
    name,
    times,
    color: index < seriesCount ? index : undefined,
    points: percentileCurve(times),
  }));
  const named = curves.filter(({ color }) => color !== undefined);
  const others = curves.length - named.length;
  const entries = others > 0 ? [...named, { name: `${others} more`, color: undefined }] : named;
  const drawn = curves.some(({ points }) => points.length > 0);
  return element(
    'figure',
    {},
    element('figcaption', {}, element('strong', {}, title), legend(entries, 'line')),
    ...(drawn
      ? chart(size, curvesLabel(title, curves), (width) => percentilePlot(curves, [], scaleMs, width))
      : [noTimes]),
    drawn ? curveTable(title, curves) : undefined,
  );
}

function curveTable(title: string, curves: readonly Curve[]): MarkupElement {
  const { text, figure } = columnsOver(percentilesOf(curves));
  return numbers('Numbers', `${title}, in milliseconds`, {
    kind: 'table',
    columns: [
      text('percentile', percentileName),
      ...curves.map(({ name, points }) =>
        figure(`${name} ms`, (percentile) =>
          formatMs(points.find((point) => point.percentile === percentile)?.ms),
        ),
      ),
    ],
  });
}
