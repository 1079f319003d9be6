import type { AbTimes } from '../../model/ab-figures.js';
import { csvRank, percentageRank } from './rank.js';
import { fixed, wholeMs } from './rounding.js';

const shown = [50, 66, 75, 80, 90, 95, 98, 99] as const;

/** ab's table of percentages; empty for a single request, as ab has it. */
export function percentageTable(times: AbTimes, compat: boolean): string {
  if (times.count <= 1) return '';
  const ms = (rank: number) => String(wholeMs(times.totalAtRankUs(rank))).padStart(5);
  const rows = shown.map(
    (percentage) => `  ${percentage}%  ${ms(percentageRank(percentage, times.count, compat))}`,
  );
  return [
    '\nPercentage of the requests served within a certain time (ms)',
    ...rows,
    ` 100%  ${ms(times.count - 1)} (longest request)\n`,
  ].join('\n');
}

/** ab's `-e` file: 101 rows, milliseconds with three decimals. */
export function abCsv(times: AbTimes, compat: boolean): string {
  const rows = Array.from({ length: 101 }, (_, percentage) => {
    const us = times.totalAtRankUs(csvRank(percentage, times.count, compat));
    return `${percentage},${fixed(us / 1000, 3)}`;
  });
  return `Percentage served,Time in ms\n${rows.join('\n')}\n`;
}
