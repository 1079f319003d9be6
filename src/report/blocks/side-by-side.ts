import { overRounds, type RunGroup } from '../../figures/run-groups.js';
import { type ComparedFigure, comparedFigures } from '../side-by-side.js';
import { columnsOver, type Said, type Table } from './block.js';

/**
 * All runs side by side, the best of each column marked. With several rounds a row holds the medians and below them their
 * ranges. A column whose values all look the same has no best.
 *
 * @param nameOf what a group of runs is called
 */
export function sideBySide(groups: readonly RunGroup[], nameOf: (group: RunGroup) => Said): Table {
  const { text, figure } = columnsOver(groups);
  return {
    kind: 'table',
    columns: [
      text('', nameOf),
      ...comparedFigures.map((compared) => {
        const best = bestOf(groups, compared);
        return figure(compared.head, (group) => cell(group, compared, best), {
          givesWay: compared.dropOrder === 0 ? undefined : compared.dropOrder,
        });
      }),
    ],
    isWhole: true,
  };
}

function cell(group: RunGroup, { of, format }: ComparedFigure, best: string | undefined): Said {
  const spread = overRounds(group, of);
  const text = format(spread?.median);
  const range = spread === undefined ? '' : rangeText(format(spread.min), format(spread.max));
  return { text, isBest: text === best, below: group.runs.length === 1 ? undefined : range };
}

/** The best value as it is shown; `undefined` where all look the same. */
function bestOf(groups: readonly RunGroup[], { of, format, best }: ComparedFigure): string | undefined {
  const medians = groups.map((group) => overRounds(group, of)?.median);
  const known = medians.filter((median) => median !== undefined);
  if (known.length === 0 || new Set(medians.map(format)).size < 2) return undefined;
  return format(known.reduce((a, b) => (best === 'most' ? Math.max(a, b) : Math.min(a, b))));
}

/** `440 – 455`; a unit that both share is written once. */
function rangeText(min: string, max: string): string {
  if (min === max) return min;
  const unit = / .+$/.exec(max)?.[0] ?? '';
  const low = unit !== '' && min.endsWith(unit) ? min.slice(0, -unit.length) : min;
  return low === '' ? max : `${low} – ${max}`;
}
