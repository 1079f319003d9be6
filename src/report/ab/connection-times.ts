import type { AbColumn, AbTimes } from '../../model/ab-figures.js';
import { fixed, wholeMs } from './rounding.js';

/** ab's block of connection times, in whole milliseconds, with its sentences of doubt. */
export function connectionTimes(times: AbTimes, estimators: boolean): string {
  const rows: readonly (readonly [label: string, column: AbColumn])[] = [
    ['Connect:', times.connect],
    ['Processing:', times.processing],
    ['Waiting:', times.waiting],
    ['Total:', times.total],
  ];
  const line = estimators ? estimatorRow : plainRow;
  const head = estimators ? '              min  mean[+/-sd] median   max' : '              min   avg   max';
  const table = rows.map(([label, column]) => `${label.padEnd(12)}${line(column, times.count)}`);
  const doubts = estimators ? doubtsOf(times) : [];
  return `\n${['Connection Times (ms)', head, ...table, ...doubts].join('\n')}\n`;
}

/** The mean as ab prints it: cut to a whole microsecond, then rounded to a millisecond. */
function meanMs(column: AbColumn, count: number): number {
  return wholeMs(Math.floor(column.sumUs / count));
}

function padded(value: number | string, width: number): string {
  return String(value).padStart(width);
}

function estimatorRow(column: AbColumn, count: number): string {
  return [
    padded(wholeMs(column.minUs), 5),
    padded(meanMs(column, count), 4),
    padded(fixed(column.sdUs / 1000, 1), 5),
    padded(wholeMs(column.medianUs), 6),
    padded(wholeMs(column.maxUs), 7),
  ].join(' ');
}

function plainRow(column: AbColumn, count: number): string {
  return `${padded(wholeMs(column.minUs), 5)} ${padded(meanMs(column, count), 5)}${padded(wholeMs(column.maxUs), 5)}`;
}

function doubtsOf(times: AbTimes): string[] {
  const named: readonly (readonly [name: string, column: AbColumn])[] = [
    ['the initial connection time', times.connect],
    ['the processing time', times.processing],
    ['the waiting time', times.waiting],
    ['the total time', times.total],
  ];
  return named.flatMap(([name, column]) => doubt(name, column, times.count));
}

/** ab compares what it printed: mean and median already rounded to milliseconds. */
function doubt(name: string, column: AbColumn, count: number): string[] {
  const apartMs = Math.abs(meanMs(column, count) - wholeMs(column.medianUs));
  const sdMs = column.sdUs / 1000;
  if (apartMs > 2 * sdMs) {
    return [
      `ERROR: The median and mean for ${name} are more than twice the standard`,
      '       deviation apart. These results are NOT reliable.',
    ];
  }
  if (apartMs > sdMs) {
    return [
      `WARNING: The median and mean for ${name} are not within a normal deviation`,
      '        These results are probably not that reliable.',
    ];
  }
  return [];
}
