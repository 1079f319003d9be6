import { figureNamed } from '../../figures/catalogue.js';
import { endedCount, errorCount } from '../../figures/counts.js';
import { type Figure, type Part, wholeRun } from '../../figures/figure.js';
import { formatDuration, formatPercent } from '../../figures/format.js';
import { hasMoreErrors } from '../../figures/interval.js';
import { overRounds, type RunGroup } from '../../figures/run-groups.js';
import { units } from '../../figures/units.js';
import type { Advice } from '../../model/advice.js';
import type { RunReport } from '../../model/report.js';
import { sanitize } from '../../text/sanitize.js';
import { type Column, columnsOver, type Said, type Table } from './block.js';

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

/** The same where there were streams of language models. */
const comparedStreams: typeof compared = [
  ['token-skew'],
  ['held-skew', 5],
  ['ttft.p99'],
  ['cached', 6],
  ['affinity', 6],
  ['goodput', 4],
];

/** What tells of these runs: of streams only what any of them measured. */
function figuresFor(groups: readonly RunGroup[]): typeof compared {
  const runs = groups.flatMap((group) => group.runs);
  const isKnown = (metric: string) =>
    runs.some((run) => figureNamed(metric).read(run, wholeRun).value !== undefined);
  return [...compared, ...comparedStreams.filter(([metric]) => isKnown(metric))];
}

/** On a page what decides comes first: a phone shows three columns before it has to be scrolled. */
const firstOnPage = ['p99', 'skew', 'errors'];

/**
 * All runs side by side, the best of each column marked. With several rounds a row holds the medians and below them their
 * ranges. A column whose values all look the same has no best. Beside rate and times stand those of the successes where they
 * differ, and these decide who is best: errors are fast, and who has more of them than chance explains is no candidate.
 *
 * @param nameOf what a group of runs is called
 */
export function sideBySide(groups: readonly RunGroup[], nameOf: (group: RunGroup) => Said): Table {
  const { text } = columnsOver(groups);
  return {
    kind: 'table',
    columns: [
      text('', nameOf),
      ...figuresFor(groups).flatMap(([metric, givesWay]) =>
        comparedColumns(groups, figureNamed(metric), '', givesWay),
      ),
    ],
    isWhole: true,
  };
}

/** The same for a page, where heads name the unit. */
export function sideBySideOnPage(groups: readonly RunGroup[]): Table {
  const { text } = columnsOver(groups);
  const others = figuresFor(groups)
    .map(([metric]) => metric)
    .filter((metric) => !firstOnPage.includes(metric));
  const figures = [...firstOnPage, ...others].map(figureNamed);
  return {
    kind: 'table',
    columns: [
      text('algorithm', titleOf),
      ...figures.flatMap((figure) => comparedColumns(groups, figure, units[figure.unit].headSuffix)),
    ],
  };
}

/** Whether the successes of any run have a rate or times of their own, as they are written. */
export function successesDiffer(groups: readonly RunGroup[]): boolean {
  return compared.some(([metric]) => comparedColumns(groups, figureNamed(metric), '').length > 1);
}

function comparedColumns(
  groups: readonly RunGroup[],
  figure: Figure,
  suffix: string,
  givesWay?: number,
): Column[] {
  const all = spreadsOf(groups, figure, () => wholeRun);
  const { head } = figure;
  if (!figure.per.includes('status'))
    return [comparedColumn(figure, `${head}${suffix}`, all, groups, { givesWay })];
  const successes = spreadsOf(groups, figure, (run) => ({ status: run.successes }));
  const candidates = withoutFailing(groups);
  if (groups.every((group) => isAlike(figure, all.get(group), successes.get(group))))
    return [comparedColumn(figure, `${head}${suffix}`, all, candidates, { givesWay })];
  return [
    comparedColumn(figure, `${head}${suffix}`, all, [], { givesWay }),
    comparedColumn(figure, `${successHead(head)}${suffix}`, successes, candidates, { isJoined: true }),
  ];
}

/** What a rate or a time is called where it is of the successes alone. */
export function successHead(head: string): string {
  return `${head} ok`;
}

type Spreads = ReadonlyMap<RunGroup, ReturnType<typeof overRounds>>;

function spreadsOf(groups: readonly RunGroup[], { read }: Figure, partOf: (run: RunReport) => Part): Spreads {
  return new Map(groups.map((group) => [group, overRounds(group, (run) => read(run, partOf(run)).value)]));
}

/** Whether two spreads read the same. */
function isAlike({ unit }: Figure, ...spreads: readonly ReturnType<typeof overRounds>[]): boolean {
  const format = units[unit].bare;
  const texts = spreads.map((spread) => [spread?.median, spread?.min, spread?.max].map(format).join());
  return new Set(texts).size === 1;
}

/** Those that have no more errors than the one with the fewest, beyond chance. */
function withoutFailing(groups: readonly RunGroup[]): RunGroup[] {
  const ratioOf = ({ runs }: RunGroup) => {
    const ended = runs.reduce((sum, run) => sum + endedCount(run), 0);
    return ended === 0 ? 1 : runs.reduce((sum, run) => sum + errorCount(run), 0) / ended;
  };
  const [safest] = groups.toSorted((one, other) => ratioOf(one) - ratioOf(other));
  return groups.filter(({ runs }) => safest === undefined || !hasMoreErrors(runs, safest.runs));
}

/** @param candidates for the mark of the best */
function comparedColumn(
  { unit, better }: Figure,
  head: string,
  spreads: Spreads,
  candidates: readonly RunGroup[],
  options: Pick<Column, 'givesWay' | 'isJoined'>,
): Column {
  const format = units[unit].bare;
  const medians = candidates.map((group) => spreads.get(group)?.median);
  const known = medians.filter((median) => median !== undefined);
  const best = known.reduce(
    (a, b) => (better === 'higher' ? Math.max(a, b) : Math.min(a, b)),
    known[0] ?? Number.NaN,
  );
  const all = [...spreads.values()].map((spread) => format(spread?.median));
  const isDistinct = known.length > 0 && new Set(all).size > 1;
  return columnsOver([...spreads.keys()]).figure(
    head,
    (group): Said => {
      const spread = spreads.get(group);
      const text = format(spread?.median);
      const range = spread === undefined ? '' : rangeText(format(spread.min), format(spread.max));
      return {
        text,
        isBest: isDistinct && candidates.includes(group) && text === format(best),
        below: group.runs.length === 1 ? undefined : range,
      };
    },
    options,
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

/** How to ask for advice, where methods were compared by too few rounds to speak of. */
export function roundsText(groups: readonly RunGroup[]): string | undefined {
  const isCompared = groups.length > 1 && groups.every(({ typical }) => typical.algorithm !== undefined);
  if (!isCompared || groups.every(({ runs }) => runs.length >= 3)) return undefined;
  return 'Which is better? One round cannot tell: repeat: 3 (--repeat 3) holds the methods against their rounds.';
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
