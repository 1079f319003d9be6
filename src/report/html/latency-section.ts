import type { RunGroup } from '../../figures/run-groups.js';
import type { BackendColors } from './backend-colors.js';
import { backendLatencyFigure, backendLatencyLegend } from './backend-latency.js';
import { titleOf } from './compare-section.js';
import { latencyFigure } from './latency-charts.js';
import { element, type MarkupElement } from './markup.js';
import { clockTable } from './outcome-section.js';

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
    ...(attributed.length === 0
      ? []
      : [
          element(
            'div',
            { class: 'grid' },
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
