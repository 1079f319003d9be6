import { scaleBand, scaleLinear } from 'd3-scale';
import { aimOf } from '../../figures/aim.js';
import { formatCount, formatDeviation, formatShare } from '../../figures/format.js';
import type { BackendReport, RunReport } from '../../model/report.js';
import { sanitize } from '../../text/sanitize.js';
import { backendTable } from '../blocks/backends.js';
import { backendRows, numbers } from '../render/html.js';
import { element, type MarkupElement } from '../render/markup.js';
import { labelWidth, rounded, rowLabel, rowLabels, textAt } from './axes.js';
import { chart, type Drawing, sizeFor } from './chart.js';
import { PathData } from './path-data.js';

/** Backends with a bar of their own; more would make a chart longer than a page. */
const mostBars = 24;
const rowHeight = 23;
/** Room for the share and for how far it is off, at the largest text. */
const figuresWidth = 130;

/** Share against expected share, a bar for each backend and a mark where it should end. `scale` is the longest share of any run. */
export function shareFigure(run: RunReport, title: string, scale: number, runCount: number): MarkupElement {
  const { backends } = run;
  const furthest = backends.toSorted((a, b) => Math.abs(b.deviation ?? 0) - Math.abs(a.deviation ?? 0));
  const bars = backends.length <= mostBars ? backends : furthest.slice(0, mostBars);
  const most = backendRows(runCount);
  // Where the method does not aim at counts, none of them is good or bad.
  const noise =
    aimOf(run.algorithm) === undefined ? (run.distribution.skewNoise ?? 0) : Number.POSITIVE_INFINITY;
  return element(
    'figure',
    {},
    element('figcaption', {}, element('strong', {}, title)),
    ...(bars.length === 0
      ? [element('p', { class: 'note' }, 'No response could be attributed to a backend.')]
      : chart(sizeFor(runCount), shareLabel(title, bars), (width) => shareBars(bars, noise, scale, width))),
    bars.length < backends.length
      ? element(
          'p',
          { class: 'note' },
          `The ${bars.length} of ${formatCount(backends.length)} that are furthest off.`,
        )
      : undefined,
    numbers(
      'Numbers',
      `backends under ${title}`,
      backendTable({ ...run, backends: backends.length <= most ? backends : furthest }),
      most,
    ),
  );
}

function shareBars(backends: readonly BackendReport[], noise: number, scale: number, width: number): Drawing {
  const height = backends.length * rowHeight + 4;
  const labels = backends.map(({ address }) => rowLabel(address));
  const x = scaleLinear()
    .domain([0, scale])
    .range([labelWidth(labels), width - figuresWidth]);
  const y = scaleBand([...backends.keys()], [2, height - 2])
    .round(true)
    .padding(0.3);
  const top = (index: number) => y(index) ?? 0;
  const middle = (index: number) => top(index) + y.bandwidth() / 2;
  const isOff = ({ deviation }: BackendReport) => Math.abs(deviation ?? 0) > noise;
  const expected = new PathData();
  for (const [index, { expectedShare }] of backends.entries()) {
    const at = x(expectedShare ?? 0);
    if (expectedShare !== undefined) expected.line(at, top(index) - 3, at, top(index) + y.bandwidth() + 3);
  }
  return {
    height,
    shapes: [
      rowLabels(labels, middle),
      ...backends.map((backend, index) =>
        element('rect', {
          ...{ x: rounded(x(0)), y: top(index), width: rounded(x(backend.share ?? 0) - x(0)) },
          ...{ height: y.bandwidth(), rx: 2, fill: isOff(backend) ? 'var(--off)' : 'var(--bar)' },
        }),
      ),
      element('path', { d: `${expected}`, stroke: 'var(--ink)', 'stroke-width': 2 }),
      element(
        'g',
        { 'text-anchor': 'end' },
        backends.map(({ share }, index) => textAt(width - 72, middle(index), formatShare(share))),
        backends.map((backend, index) =>
          textAt(
            width,
            middle(index),
            backend.deviation === undefined ? '' : formatDeviation(backend.deviation),
            { fill: isOff(backend) ? 'var(--off-text)' : 'var(--soft)' },
          ),
        ),
      ),
    ],
  };
}

function shareLabel(title: string, backends: readonly BackendReport[]): string {
  const parts = backends.map(
    (backend) =>
      `${sanitize(backend.address, 40)} ${formatShare(backend.share)} of ${formatShare(backend.expectedShare)} expected`,
  );
  return `Share of each backend under ${title}: ${parts.join(', ')}`;
}
