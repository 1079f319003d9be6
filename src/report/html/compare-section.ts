import { overRounds, type RunGroup } from '../../figures/run-groups.js';
import type { RunReport } from '../../model/report.js';
import { sanitize } from '../../text/sanitize.js';
import { type ComparedFigure, comparedFigures } from '../side-by-side.js';
import { element, type Markup, type MarkupElement } from './markup.js';
import { table } from './table.js';

/** What decides comes first: a phone shows three columns before it has to be scrolled. */
const first = ['p99', 'skew', 'errors'];
const byWorth = [
  ...first.flatMap((head) => comparedFigures.find((figure) => figure.head === head) ?? []),
  ...comparedFigures.filter(({ head }) => !first.includes(head)),
];

/** All algorithms side by side; the best of a column is set bold. Of several rounds the medians, with their ranges. */
export function compareTable(groups: readonly RunGroup[]): MarkupElement {
  return element(
    'div',
    { class: 'compare' },
    table(
      'Runs side by side; times in milliseconds',
      [
        { head: 'algorithm', text: true, cell: titleOf },
        ...byWorth.map((figure) => ({
          head: figure.headWithUnit,
          cell: (group: RunGroup) => cell(group, figure, bestOf(groups, figure)),
        })),
      ],
      groups,
    ),
  );
}

/** What a group of runs is called wherever it appears. */
export function titleOf({ name, runs }: RunGroup): string {
  const marks = [
    ...(runs.length > 1 ? [`${runs.length} rounds`] : []),
    ...(runs.some(({ interrupted }) => interrupted) ? ['interrupted'] : []),
  ];
  return sanitize(name, 60) + (marks.length === 0 ? '' : ` (${marks.join(', ')})`);
}

/** The best value as it is shown; `undefined` where all look the same. */
function bestOf(groups: readonly RunGroup[], { of, format, best }: ComparedFigure): string | undefined {
  const known = groups.flatMap((group) => overRounds(group, of)?.median ?? []);
  if (new Set(known.map(format)).size < 2) return undefined;
  return format(known.reduce((a, b) => (best === 'most' ? Math.max(a, b) : Math.min(a, b))));
}

function cell(group: RunGroup, { of, format }: ComparedFigure, best: string | undefined): Markup {
  const spread = overRounds(group, of as (run: RunReport) => number | undefined);
  const text = format(spread?.median);
  const range =
    spread === undefined || group.runs.length < 2 || spread.min === spread.max
      ? undefined
      : element('span', { class: 'range' }, rangeText(format(spread.min), format(spread.max)));
  if (text !== best) return range === undefined ? text : element('span', {}, text, range);
  return element('span', { class: 'best' }, text, element('span', { class: 'unseen' }, ' (best)'), range);
}

/** `30.7 – 32.7 %`: a unit that both ends have is written once. */
function rangeText(min: string, max: string): string {
  const unit = ' %';
  const short = min.endsWith(unit) && max.endsWith(unit) ? min.slice(0, -unit.length) : min;
  return `${short} – ${max}`;
}
