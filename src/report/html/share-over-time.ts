import { scaleLinear } from 'd3-scale';
import { area, curveStepAfter } from 'd3-shape';
import { formatCount, formatShare } from '../../figures/format.js';
import type { RunGroup } from '../../figures/run-groups.js';
import type { RunReport } from '../../model/report.js';
import { sanitize } from '../../text/sanitize.js';
import { titleOf } from '../blocks/side-by-side.js';
import { element, type MarkupElement } from '../render/markup.js';
import { type Frame, leftAxis } from './axes.js';
import type { BackendColors } from './backend-colors.js';
import {
  areaOpacity,
  type ChartSize,
  chart,
  type Drawing,
  gridFor,
  legend,
  seriesColor,
  sizeFor,
} from './chart.js';
import { PathData } from './path-data.js';
import {
  binHints,
  binsOf,
  endOf,
  eventMarks,
  type TimeBin,
  timeAxis,
  timeFigure,
  timeFrame,
  timeScale,
} from './time-figure.js';

/** How far the shares of a run have to be off in all for a line to say where they should meet. */
const visiblyOff = 0.01;

/** One layer of the stack: a backend, or all that have no colour of their own. */
interface Band {
  readonly name: string;
  readonly color: number | undefined;
  /** Places of its backends in the run. */
  readonly backends: readonly number[];
}

/** How the share of each backend went, of the requests or of what else is counted. */
export function shareOverTimeSection(
  shown: readonly RunGroup[],
  colors: BackendColors,
  what = 'share',
): MarkupElement[] {
  const binned = binsOf(shown);
  const endMs = endOf(binned);
  const size = sizeFor(shown.length);
  const end = shareAxisEnd(
    binned.map(([{ typical }, bins]) => [typical, bins] as const),
    colors,
  );
  return [
    element(
      'p',
      { class: 'note' },
      `Dashed: where two shares should meet, drawn only where the run is off.${shown.some(({ typical }) => (typical.failover?.events.length ?? 0) > 0) ? ' Upright lines: a backend was made to fail, or brought back.' : ''}`,
    ),
    element(
      'div',
      { class: gridFor(shown.length) },
      shareLegend(
        shown.map(({ typical }) => typical),
        colors,
      ),
      binned.map(([group, bins]) =>
        shareOverTime(group.typical, titleOf(group), bins, colors, { end, endMs, size, what }),
      ),
    ),
  ];
}

/**
 * How the share of each backend went, stacked up to 100 %. Where two layers should meet elsewhere than they do over the
 * whole run, a dashed line shows it.
 *
 */
function shareOverTime(
  run: RunReport,
  title: string,
  bins: readonly TimeBin[],
  colors: BackendColors,
  { end, endMs, size, what }: Axes & { readonly size: ChartSize; readonly what: string },
): MarkupElement {
  const bands = bandsOf(run, colors);
  return timeFigure(
    title,
    bins,
    chart(size, shareLabel(run, bands, title, what), (width) =>
      shareStack(run, bands, bins, { end, endMs }, width),
    ),
    bands.map((band) => ({ head: band.name, of: (bin) => shareText(band, bin) })),
    `${what} of each backend over time under ${title}`,
  );
}

/** `49.8 % (120)` */
function shareText({ backends }: Band, { counts }: TimeBin): string {
  const sum = counts.reduce((total, count) => total + count, 0);
  const count = sumOf(backends, counts);
  return sum === 0 ? '–' : `${formatShare(count / sum)} (${formatCount(count)})`;
}

/** Where the axes of all these charts end: a part of the whole, and a time. */
interface Axes {
  readonly end: number;
  readonly endMs: number;
}

/** What the layers of all these charts are called. */
function shareLegend(runs: readonly RunReport[], colors: BackendColors): MarkupElement | undefined {
  const named = colors.byShare.map((address) => ({ name: sanitize(address, 40), color: colors.of(address) }));
  const hasOthers = runs.some(({ backends }) =>
    backends.some(({ address }) => !colors.byShare.includes(address)),
  );
  return legend(hasOthers ? [...named, { name: 'all others', color: undefined }] : named, 'area');
}

/** Those with a colour from the ground up, where they are easiest to follow, and the others above them. */
function bandsOf({ backends }: RunReport, colors: BackendColors): Band[] {
  const places = backends.map(({ address }, index) => ({ address, index }));
  const named = places.filter(({ address }) => colors.byShare.includes(address));
  const others = places.filter(({ address }) => !colors.byShare.includes(address));
  return [
    ...named.map(({ address, index }) => ({
      name: sanitize(address, 40),
      color: colors.of(address),
      backends: [index],
    })),
    ...(others.length === 0
      ? []
      : [
          {
            name: `${formatCount(others.length)} others`,
            color: undefined,
            backends: others.map(({ index }) => index),
          },
        ]),
  ];
}

function sumOf(places: readonly number[], figures: readonly (number | undefined)[]): number {
  return places.reduce((sum, place) => sum + (figures[place] ?? 0), 0);
}

/** Where layers should meet, for each two that meet somewhere else over the whole run. */
function expectedEdges({ backends }: RunReport, bands: readonly Band[]): number[] {
  if (backends.some(({ expectedShare }) => expectedShare === undefined)) return [];
  const shares = backends.map(({ share }) => share);
  const expectedShares = backends.map(({ expectedShare }) => expectedShare);
  let [edge, expected] = [0, 0];
  return bands.slice(0, -1).flatMap((band) => {
    edge += sumOf(band.backends, shares);
    expected += sumOf(band.backends, expectedShares);
    return Math.abs(edge - expected) > visiblyOff ? [expected] : [];
  });
}

/** Where the axis may end: where it ends below 100 %, the layer of the others goes on above it. */
const axisEnds = [0.05, 0.1, 0.2, 0.4];

/**
 * How much of the whole the charts show, the same for all: enough for the layers with colours and an eye's measure of the
 * others.
 */
function shareAxisEnd(
  runs: readonly (readonly [run: RunReport, bins: readonly TimeBin[]])[],
  colors: BackendColors,
): number {
  const needed = runs.map(([run, bins]) => namedShare(run, bandsOf(run, colors), bins));
  const most = needed.reduce((high, share) => Math.max(high, share), 0);
  return axisEnds.find((end) => end >= most * 1.1) ?? 1;
}

/** The most that the layers with colours have together, or should have; 1 where there are no others. */
function namedShare(run: RunReport, bands: readonly Band[], bins: readonly TimeBin[]): number {
  const named = bands.filter(({ color }) => color !== undefined).length;
  if (named === bands.length) return 1;
  const total = ({ counts }: TimeBin) => counts.reduce((sum, count) => sum + count, 0);
  const totals = bins.map(total).toSorted((a, b) => a - b);
  const typical = totals[Math.floor(totals.length / 2)] ?? 0;
  // The end of a run, with a handful of responses, must not set the scale.
  const shares = bins
    .filter((bin) => total(bin) >= typical / 2)
    .map(({ counts }) => stackOf(bands, counts)[named - 1] ?? 0);
  return [...shares, ...expectedEdges(run, bands)].reduce((high, share) => Math.max(high, share), 0);
}

function shareStack(
  run: RunReport,
  bands: readonly Band[],
  bins: readonly TimeBin[],
  { end, endMs }: Axes,
  width: number,
): Drawing {
  const height = 190;
  const frame = timeFrame(width, height);
  const x = timeScale(frame, endMs);
  const y = scaleLinear().domain([0, end]).range([frame.bottom, frame.top]).clamp(true);
  const stacks = bins.map(({ counts }) => stackOf(bands, counts));
  const steps = bins.map(({ fromMs }, bin) => ({ ms: fromMs, stack: stacks[bin] ?? [] }));
  // A step goes on to the end of the last bin.
  steps.push({ ms: bins.at(-1)?.toMs ?? 0, stack: stacks.at(-1) ?? [] });
  const layer = ({ color }: Band, place: number) => {
    const path = new PathData();
    area<(typeof steps)[number]>()
      .x(({ ms }) => x(ms))
      .y0(({ stack }) => y(stack[place - 1] ?? 0))
      .y1(({ stack }) => y(stack[place] ?? 0))
      .curve(curveStepAfter)
      .context(path)(steps);
    return element('path', { fill: seriesColor(color), d: `${path}` });
  };
  return {
    height,
    shapes: [
      leftAxis(
        frame,
        y.ticks(4).map((share) => ({ at: y(share), text: `${Number((share * 100).toFixed(1))} %` })),
      ),
      timeAxis(frame, x),
      element('g', { 'fill-opacity': areaOpacity }, bands.map(layer)),
      expectedMarks(expectedEdges(run, bands).map(y), frame),
      eventMarks(run, frame, x),
      // From the top down, as the layers lie.
      binHints(frame, x, bins, (bin) =>
        bands.toReversed().map((band) => `${band.name}: ${shareText(band, bin)}`),
      ),
    ],
  };
}

/** Dashed lines across the frame. */
function expectedMarks(ys: readonly number[], { left, right }: Frame): MarkupElement | undefined {
  if (ys.length === 0) return undefined;
  const lines = new PathData();
  for (const y of ys) lines.line(left, y, right, y);
  return element('path', { d: `${lines}`, stroke: 'var(--ink)', 'stroke-dasharray': '5 4' });
}

/** Upper edge of each layer as a part of the whole; all 0 where nothing was counted. */
function stackOf(bands: readonly Band[], counts: readonly number[]): number[] {
  const whole = counts.reduce((sum, count) => sum + count, 0);
  let edge = 0;
  return bands.map(({ backends }) => (edge += whole > 0 ? sumOf(backends, counts) / whole : 0));
}

function shareLabel({ backends }: RunReport, bands: readonly Band[], title: string, what: string): string {
  const shares = backends.map(({ share }) => share);
  const parts = bands.map((band) => `${band.name} ${formatShare(sumOf(band.backends, shares))}`);
  return `${what[0]?.toUpperCase()}${what.slice(1)} of each backend over time under ${title}, stacked; over the whole run ${parts.join(', ')}`;
}
