import { figureNamed } from '../../figures/catalogue.js';
import { type Figure, wholeRun } from '../../figures/figure.js';
import { formatDuration, formatPercent } from '../../figures/format.js';
import { overRounds, type RunGroup } from '../../figures/run-groups.js';
import { units } from '../../figures/units.js';
import type { Advice } from '../../model/advice.js';
import { sanitize } from '../../text/sanitize.js';
import { columnsOver, type Said, type Table } from './block.js';

/** What runs are set side by side by, and what gives way where there is no room for all. */
const compared: readonly (readonly [metric: string, givesWay?: number])[] = [
  ['rps'],
  ['p50', 2],
  ['p99'],
  ['errors'],
  ['skew'],
  ['inflight-skew'],
  ['retries', 3],
];

/** On a page what decides comes first: a phone shows three columns before it has to be scrolled. */
const firstOnPage = ['p99', 'skew', 'errors'];

/**
 * All runs side by side, the best of each column marked. With several rounds a row holds the medians and below them their
 * ranges. A column whose values all look the same has no best.
 *
 * @param nameOf what a group of runs is called
 */
export function sideBySide(groups: readonly RunGroup[], nameOf: (group: RunGroup) => Said): Table {
  const { text } = columnsOver(groups);
  return {
    kind: 'table',
    columns: [
      text('', nameOf),
      ...compared.map(([metric, givesWay]) => comparedColumn(groups, figureNamed(metric), '', givesWay)),
    ],
    isWhole: true,
  };
}

/** The same for a page, where heads name the unit. */
export function sideBySideOnPage(groups: readonly RunGroup[]): Table {
  const { text } = columnsOver(groups);
  const others = compared.map(([metric]) => metric).filter((metric) => !firstOnPage.includes(metric));
  const figures = [...firstOnPage, ...others].map(figureNamed);
  return {
    kind: 'table',
    columns: [
      text('algorithm', titleOf),
      ...figures.map((figure) => comparedColumn(groups, figure, units[figure.unit].headSuffix)),
    ],
  };
}

function comparedColumn(groups: readonly RunGroup[], figure: Figure, suffix: string, givesWay?: number) {
  const { unit, better, read } = figure;
  const format = units[unit].bare;
  const spreads = new Map(
    groups.map((group) => [group, overRounds(group, (run) => read(run, wholeRun).value)]),
  );
  const medians = [...spreads.values()].map((spread) => spread?.median);
  const known = medians.filter((median) => median !== undefined);
  const best = known.reduce(
    (a, b) => (better === 'higher' ? Math.max(a, b) : Math.min(a, b)),
    known[0] ?? Number.NaN,
  );
  const isDistinct = known.length > 0 && new Set(medians.map(format)).size > 1;
  return columnsOver(groups).figure(
    `${figure.head}${suffix}`,
    (group): Said => {
      const spread = spreads.get(group);
      const text = format(spread?.median);
      const range = spread === undefined ? '' : rangeText(format(spread.min), format(spread.max));
      return {
        text,
        isBest: isDistinct && text === format(best),
        below: group.runs.length === 1 ? undefined : range,
      };
    },
    { givesWay },
  );
}

/** `440 – 455`; a unit that both share is written once. */
function rangeText(min: string, max: string): string {
  if (min === max) return min;
  const unit = / .+$/.exec(max)?.[0] ?? '';
  const low = unit !== '' && min.endsWith(unit) ? min.slice(0, -unit.length) : min;
  return low === '' ? max : `${low} – ${max}`;
}

/** What a group of runs is called wherever it appears. */
export function titleOf({ name, runs }: RunGroup): string {
  const marks = [
    ...(runs.length > 1 ? [`${runs.length} rounds`] : []),
    ...(runs.some(({ interrupted }) => interrupted) ? ['interrupted'] : []),
  ];
  return sanitize(name, 60) + (marks.length === 0 ? '' : ` (${marks.join(', ')})`);
}

/**
 * The advice as one line that names its evidence: `least_conn: p99 12.0 ms against 48.0 ms of round_robin, at equal errors;
 * a skew of 3.00 % is the price`.
 */
export function adviceText({ algorithm, over, asGood, evidence, errorRatio, skewPrice }: Advice): string {
  const name = (text: string) => sanitize(text, 60);
  const { metric, value, other } = evidence;
  const format = metric === 'p99' ? formatDuration : formatPercent;
  const unit = metric === 'p99' ? 'p99' : 'errors';
  const errors =
    errorRatio === undefined
      ? ''
      : errorRatio === 0
        ? ', without errors'
        : `, at about equal errors (${formatPercent(errorRatio)})`;
  return [
    `${name(algorithm)}: ${unit} ${format(value)} against ${format(other)} of ${name(over)}${errors}`,
    ...(asGood.length > 0 ? [`as good: ${asGood.map(name).join(', ')}`] : []),
    ...(skewPrice === undefined ? [] : [`a skew of ${formatPercent(skewPrice)} is the price`]),
  ].join('; ');
}
