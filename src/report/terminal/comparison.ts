import { groupsOf, overRounds, type RunGroup } from '../../figures/run-groups.js';
import type { RunReport } from '../../model/report.js';
import { sanitize } from '../../text/sanitize.js';
import { type ComparedFigure, comparedFigures } from '../side-by-side.js';
import { displayWidth, wrap } from './display-width.js';
import type { Paint } from './paint.js';
import { type Column, renderTable } from './table.js';

/**
 * All runs side by side, the best of each column marked with `*`. With several rounds a row holds the medians and the line
 * below it the range. A column whose values all look the same has no best.
 */
export function comparison(runs: readonly RunReport[], width: number, paint: Paint): string[] {
  const groups = groupsOf(runs);
  const rounds = Math.max(...groups.map((group) => group.runs.length));
  const names = groups.flatMap((group) => {
    const label = sanitize(group.name, 60);
    return group.runs.length === 1 ? [label] : [`${label} × ${group.runs.length}`, ''];
  });
  const columns: Column[] = [
    { head: '', align: 'left', dropOrder: 0, cells: names },
    ...comparedFigures.map((figure): Column => {
      const cells = cellsOf(figure, groups, paint);
      return { head: `${figure.head} `, align: 'right', dropOrder: figure.dropOrder, cells };
    }),
  ];
  const legend = `times in ms; * best of its column${rounds > 1 ? '; medians of the rounds, their ranges below' : ''}`;
  const legendLines = wrap(legend, width - 2).map((line) => paint.dim(`  ${line}`));
  return [...renderTable(columns, width, paint), '', ...legendLines];
}

function cellsOf(figure: ComparedFigure, groups: readonly RunGroup[], paint: Paint): string[] {
  const spreads = groups.map((group) => overRounds(group, figure.of));
  const texts = spreads.map((spread) => figure.format(spread?.median));
  const known = spreads.flatMap((spread) => (spread === undefined ? [] : [spread.median]));
  const best = figure.best === 'most' ? Math.max(...known) : Math.min(...known);
  const bestText = figure.format(best);
  const distinct = new Set(texts).size > 1;
  return groups.flatMap((group, index) => {
    const text = texts[index] ?? '';
    const isBest = distinct && known.length > 0 && text === bestText;
    const cell = isBest ? paint.good(`${text}*`) : `${text} `;
    if (group.runs.length === 1) return [cell];
    const spread = spreads[index];
    const range = spread === undefined ? '' : rangeText(figure.format(spread.min), figure.format(spread.max));
    return [cell, range === '' ? '' : `${paint.dim(range)} `];
  });
}

/** `440 – 455`; a unit that both share is written once. */
function rangeText(min: string, max: string): string {
  if (min === max) return min;
  const unit = / .+$/.exec(max)?.[0] ?? '';
  const low = unit !== '' && min.endsWith(unit) ? min.slice(0, -unit.length) : min;
  return displayWidth(low) === 0 ? max : `${low} – ${max}`;
}
