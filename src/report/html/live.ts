import { scaleLinear } from 'd3-scale';
import { line } from 'd3-shape';
import { formatCount, formatDuration, formatMs, formatPercent, formatRate } from '../../figures/format.js';
import { groupsOf } from '../../figures/run-groups.js';
import type { Report } from '../../model/report.js';
import { sanitize } from '../../text/sanitize.js';
import { columnsOver, type Fact, facts, name } from '../blocks/block.js';
import { sideBySideOnPage } from '../blocks/side-by-side.js';
import { factList, tableElement } from '../render/html.js';
import { element, type MarkupElement } from '../render/markup.js';
import { grid, leftAxis } from './axes.js';
import { chart, type Drawing, seriesColor } from './chart.js';
import { documentOf } from './document.js';
import { PathData } from './path-data.js';
import { timeAxis, timeFrame } from './time-figure.js';

/** How often a page is written anew, and read anew by whoever looks at it. */
export const liveEverySec = 2;

/** A run that goes on, as its page shows it. */
export interface LiveRun {
  readonly title: string;
  readonly run: string;
  readonly elapsedMs: number;
  readonly ended: number;
  /** `undefined` for a run that only time ends. */
  readonly requests: number | undefined;
  readonly durationMs: number | undefined;
  readonly errors: number;
  readonly p99Ms: number | undefined;
  readonly backends: readonly { readonly address: string; readonly count: number }[];
  /** Requests that had ended by moments of the run. */
  readonly course: readonly { readonly atMs: number; readonly ended: number }[];
  /** Of the runs before it. */
  readonly soFar: Report | undefined;
}

/** Backends with a row; of more the busiest. */
const mostBackends = 50;

/** A run that goes on, as a page that reads itself anew without a script. */
export function livePage(live: LiveRun): string {
  const { title, run, elapsedMs, ended, requests, durationMs, errors, p99Ms, soFar } = live;
  const done = Math.max(
    ended / (requests ?? Number.POSITIVE_INFINITY),
    elapsedMs / (durationMs ?? Number.POSITIVE_INFINITY),
  );
  const shown = sanitize(title, 100);
  const body = element(
    'body',
    {},
    element(
      'header',
      {},
      element('h1', {}, shown),
      element(
        'p',
        { class: 'facts' },
        `${sanitize(run, 100)} goes on · ${formatDuration(elapsedMs)}${done > 0 ? ` · ${formatPercent(Math.min(1, done))} done` : ''}`,
      ),
    ),
    element(
      'main',
      {},
      section('So far', [
        factList(
          facts(
            {
              label: 'Requests',
              value: formatCount(ended),
              note: requests === undefined ? undefined : `of ${formatCount(requests)}`,
            },
            {
              label: 'Rate',
              value: `${formatRate(elapsedMs > 0 ? (ended / elapsedMs) * 1000 : undefined)}/s`,
            },
            errorFact(errors, ended),
            { label: 'p99', value: `${formatMs(p99Ms)} ms`, note: 'service time' },
          ),
        ),
      ]),
      section('Rate over time', [rateFigure(live)]),
      section('Backends', [backendsOf(live)]),
      soFar === undefined || soFar.runs.length === 0
        ? undefined
        : section('Runs before', [
            tableElement('Runs side by side; times in milliseconds', sideBySideOnPage(groupsOf(soFar.runs))),
          ]),
    ),
  );
  return documentOf(shown, body, liveEverySec);
}

function section(title: string, content: readonly (MarkupElement | undefined)[]): MarkupElement {
  return element('section', {}, element('h2', {}, title), content);
}

function errorFact(errors: number, ended: number): Fact {
  const ratio = ended === 0 ? undefined : errors / ended;
  return {
    label: 'Errors',
    value: formatCount(errors),
    note: formatPercent(ratio),
    mood: errors > 0 ? 'bad' : undefined,
  };
}

function rateFigure({ course }: LiveRun): MarkupElement {
  const rates = course.slice(1).map((point, index) => {
    const before = course[index] ?? point;
    const seconds = (point.atMs - before.atMs) / 1000;
    return { atMs: point.atMs, perSec: seconds > 0 ? Math.max(0, point.ended - before.ended) / seconds : 0 };
  });
  if (rates.length < 2) return element('p', { class: 'note' }, 'Not yet.');
  const most = rates.reduce((high, { perSec }) => Math.max(high, perSec), 1);
  const draw = (width: number): Drawing => {
    const height = 190;
    const frame = timeFrame(width, height);
    const x = scaleLinear()
      .domain([0, rates.at(-1)?.atMs ?? 1])
      .range([frame.left, frame.right]);
    const y = scaleLinear().domain([0, most]).nice(4).range([frame.bottom, frame.top]);
    const path = new PathData();
    line<(typeof rates)[number]>(
      ({ atMs }) => x(atMs),
      ({ perSec }) => y(perSec),
    ).context(path)(rates);
    const ticks = y.ticks(4).map((rate) => ({ at: y(rate), text: formatRate(rate) }));
    return {
      height,
      shapes: [
        grid(
          frame,
          [],
          ticks.map(({ at }) => at),
        ),
        leftAxis(frame, ticks),
        timeAxis(frame, x),
        element('path', { d: `${path}`, fill: 'none', stroke: seriesColor(0), 'stroke-width': 2 }),
      ],
    };
  };
  const last = rates.at(-1)?.perSec;
  return element(
    'figure',
    { class: 'whole' },
    chart('whole', `Requests a second over time, ${formatRate(last)} at last`, draw),
  );
}

function backendsOf({ backends }: LiveRun): MarkupElement {
  if (backends.length === 0)
    return element('p', { class: 'note' }, 'No response could be attributed to a backend yet.');
  const total = backends.reduce((sum, { count }) => sum + count, 0);
  const rows =
    backends.length <= mostBackends
      ? backends
      : backends.toSorted((a, b) => b.count - a.count).slice(0, mostBackends);
  const { text, figure } = columnsOver(rows);
  return tableElement('Responses by backend so far', {
    kind: 'table',
    columns: [
      text('backend', ({ address }) => name(address)),
      figure('count', ({ count }) => formatCount(count)),
      figure('share', ({ count }) => formatPercent(total > 0 ? count / total : undefined)),
    ],
  });
}
