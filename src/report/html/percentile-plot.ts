import { scaleLinear, scaleLog } from 'd3-scale';
import { area, curveLinear, line } from 'd3-shape';
import { formatDuration, formatMs } from '../../figures/format.js';
import type { LatencySummary } from '../../model/latency.js';
import { element, type MarkupElement } from '../render/markup.js';
import { bottomAxis, type Frame, grid, hints, leftAxis, rounded, type Tick } from './axes.js';
import { areaOpacity, type Drawing, seriesColor, seriesDash } from './chart.js';
import { PathData } from './path-data.js';
import { type CurvePoint, percentileSteps } from './percentile-curve.js';

/** The times of one thing by percentile. */
export interface Curve {
  readonly name: string;
  /** Index of its colour; `undefined` where it has none of its own. */
  readonly color: number | undefined;
  readonly times: LatencySummary;
  readonly points: readonly CurvePoint[];
}

/** Above this ratio of largest to smallest median a linear scale shows one curve and flattens the others. */
const logAbove = 40;

/**
 * Percentile curves: the tail is stretched so that each nine takes the same room.
 *
 * @param others curves that are drawn as one band, from the lowest to the highest of them
 * @param scaleMs the longest time of all charts that are to be compared with this one
 */
export function percentilePlot(
  curves: readonly Curve[],
  others: readonly Curve[],
  scaleMs: number,
  width: number,
): Drawing {
  const small = width < 600;
  const height = small ? 240 : 310;
  const frame = { left: 50, right: width - (small ? 14 : 22), top: 24, bottom: height - 28 };
  const points = [...curves, ...others].flatMap((curve) => curve.points);
  const longest = points.reduce((most, { oneIn }) => Math.max(most, oneIn), 100);
  const x = scaleLog().domain([1, longest]).range([frame.left, frame.right]);
  const { y, ticks, unit } = timeScale([...curves, ...others], scaleMs, frame);
  const nines = [1, 2, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7].filter(
    (oneIn) => oneIn <= longest * 1.05 && !(small && oneIn === 2),
  );
  const curve = ({ points, times, color }: Curve) => {
    const path = curvePath(times, points, x, y);
    const end = points.at(-1);
    return [
      element('path', {
        d: `${path}`,
        ...{ fill: 'none', stroke: seriesColor(color), 'stroke-width': 2 },
        ...{ 'stroke-linejoin': 'round', 'stroke-linecap': 'round', 'stroke-dasharray': seriesDash(color) },
      }),
      end &&
        element('circle', {
          ...{ cx: rounded(x(end.oneIn)), cy: rounded(y(end.ms)), r: 2.5 },
          fill: seriesColor(color),
        }),
    ];
  };
  return {
    height,
    shapes: [
      grid(
        frame,
        nines.map((oneIn) => x(oneIn)),
        ticks.map(({ at }) => at),
      ),
      leftAxis(frame, ticks),
      element('text', { class: 'axis', x: 3, y: 3, dy: '0.71em' }, unit),
      bottomAxis(
        frame,
        nines.map((oneIn) => ({ at: x(oneIn), text: percentileText(oneIn) })),
      ),
      band(others, x, y),
      ...curves.filter(({ points }) => points.length > 0).flatMap(curve),
      percentileHints(curves, frame, x),
    ],
  };
}

type Position = (value: number) => number;

/** A step narrower than this is drawn with its neighbours. */
const leastStep = 3;

/** Steps where the values are known, and lines between percentiles where only those are. */
function curvePath(times: LatencySummary, points: readonly CurvePoint[], x: Position, y: Position): PathData {
  const path = new PathData();
  const steps = percentileSteps(times);
  if (steps === undefined) {
    line<CurvePoint>(
      ({ oneIn }) => x(oneIn),
      ({ ms }) => y(ms),
    ).context(path)(points);
    return path;
  }
  let drawnTo = Number.NEGATIVE_INFINITY;
  steps.forEach(({ fromOneIn, toOneIn, ms }, index) => {
    const to = x(toOneIn);
    const isLast = index === steps.length - 1;
    if (to - drawnTo < leastStep && !isLast) return;
    if (index === 0 || drawnTo === Number.NEGATIVE_INFINITY) path.moveTo(x(fromOneIn), y(ms));
    else path.lineTo(drawnTo, y(ms));
    path.lineTo(to, y(ms));
    drawnTo = to;
  });
  return path;
}

/** What each curve says at each percentile, as far from it as half of the way to the next. */
function percentileHints(curves: readonly Curve[], frame: Frame, x: Position): MarkupElement {
  const oneIns = new Map(
    curves.flatMap(({ points }) => points.map((point) => [point.percentile, point.oneIn])),
  );
  const places = [...oneIns]
    .map(([percentile, oneIn]) => ({ percentile, at: x(oneIn) }))
    .toSorted((a, b) => a.at - b.at);
  return hints(
    frame,
    places.map(({ percentile, at }, index) => ({
      from: index === 0 ? frame.left : (at + (places[index - 1]?.at ?? at)) / 2,
      to: index === places.length - 1 ? frame.right : (at + (places[index + 1]?.at ?? at)) / 2,
      text: [
        percentileName(percentile),
        ...curves.flatMap(({ name, points }) => {
          const point = points.find((one) => one.percentile === percentile);
          return point === undefined ? [] : [`${name}: ${formatDuration(point.ms)}`];
        }),
      ].join('\n'),
    })),
  );
}

/** How high times are drawn: linear, or logarithmic where a linear scale would flatten all curves but one. */
function timeScale(
  curves: readonly Curve[],
  scaleMs: number,
  { top, bottom }: { readonly top: number; readonly bottom: number },
): { readonly y: Position; readonly ticks: readonly Tick[]; readonly unit: string } {
  const least = (times: readonly (number | undefined)[]) =>
    times.reduce<number>(
      (low, ms) => (ms !== undefined && ms > 0 ? Math.min(low, ms) : low),
      Number.POSITIVE_INFINITY,
    );
  const text = (ms: number) => formatMs(ms).replace(/\.0+$/, '');
  if (scaleMs <= logAbove * least(curves.map(({ times }) => times.p50))) {
    const y = scaleLinear().domain([0, scaleMs]).range([bottom, top]);
    return { y, ticks: y.ticks(5).map((ms) => ({ at: y(ms), text: text(ms) })), unit: 'ms' };
  }
  const smallest = Math.max(0.001, least(curves.flatMap(({ points }) => points.map(({ ms }) => ms))));
  const y = scaleLog().domain([smallest, scaleMs]).range([bottom, top]).clamp(true);
  // A line at each step, a text at some of them.
  const isNamed = y.tickFormat(4);
  return {
    y,
    ticks: y.ticks().map((ms) => ({ at: y(ms), text: isNamed(ms) === '' ? '' : text(ms) })),
    unit: 'ms, logarithmic',
  };
}

/** Where the curves lie that have no colour of their own. */
function band(curves: readonly Curve[], x: Position, y: Position): MarkupElement | undefined {
  if (curves.length === 0) return undefined;
  const path = new PathData();
  area<Range>()
    .x(({ oneIn }) => x(oneIn))
    .y0(({ low }) => y(low))
    .y1(({ high }) => y(high))
    .curve(curveLinear)
    .context(path)(rangeOf(curves));
  return element('path', { fill: seriesColor(undefined), 'fill-opacity': areaOpacity, d: `${path}` });
}

/** 1 as `0 %`, 2 as `50 %`, 1000 as `99.9 %`. */
function percentileText(oneIn: number): string {
  return `${Number((100 - 100 / oneIn).toFixed(6))} %`;
}

interface Range {
  readonly oneIn: number;
  readonly low: number;
  readonly high: number;
}

/** Where the curves lie at each percentile that any of them reaches, and last where they end. */
function rangeOf(curves: readonly Curve[]): Range[] {
  const ranges = new Map<number, Range>();
  for (const { percentile, ms, oneIn } of curves.flatMap(({ points }) => points)) {
    const range = ranges.get(percentile) ?? { oneIn, low: ms, high: ms };
    ranges.set(percentile, {
      oneIn: Math.max(range.oneIn, oneIn),
      low: Math.min(range.low, ms),
      high: Math.max(range.high, ms),
    });
  }
  return [...ranges.values()].toSorted((a, b) => a.oneIn - b.oneIn);
}

export const noTimes = element('p', { class: 'note' }, 'There was no response to time.');

/** What curves show, in words. */
export function curvesLabel(title: string, curves: readonly Curve[]): string {
  const parts = curves.map(
    ({ name, times }) =>
      `${name} median ${formatDuration(times.p50)}, p99 ${formatDuration(times.p99)}, longest ${formatDuration(times.max)}`,
  );
  return `${title}: ${parts.join('; ')}`;
}

/** The percentiles at which curves have points, from the smallest. */
export function percentilesOf(curves: readonly Curve[]): number[] {
  return [...new Set(curves.flatMap(({ points }) => points.map(({ percentile }) => percentile)))].toSorted(
    (a, b) => a - b,
  );
}

export function percentileName(percentile: number): string {
  if (percentile === 0) return 'smallest';
  return percentile === 100 ? 'largest' : `p${percentile}`;
}
