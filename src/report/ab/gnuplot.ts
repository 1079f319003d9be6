import type { AbSample } from '../../model/ab-figures.js';
import { months } from '../../text/months.js';
import { wholeMs } from './rounding.js';

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/**
 * ab's `-g` file: tab-separated, whole milliseconds, dates in local time.
 * The rows are in order of start, so that they plot as a time series; with `compat` in ab's order of total time.
 */
export function abGnuplot(samples: readonly AbSample[], compat: boolean): string {
  const ordered = compat
    ? inOrderOfTotal(samples)
    : samples.toSorted((a, b) => a.startedAtUs - b.startedAtUs);
  const rows = ordered.map((sample) =>
    [
      localDate(sample.startedAtUs),
      Math.floor(sample.startedAtUs / 1e6),
      wholeMs(sample.connectUs),
      wholeMs(sample.totalUs - sample.connectUs),
      wholeMs(sample.totalUs),
      wholeMs(sample.waitingUs),
    ].join('\t'),
  );
  return `${['starttime\tseconds\tctime\tdtime\tttime\twait', ...rows].join('\n')}\n`;
}

/** ab sorts by each column in turn; its sort is stable, so the earlier ones decide among equals. */
function inOrderOfTotal(samples: readonly AbSample[]): AbSample[] {
  return samples.toSorted(
    (a, b) =>
      a.totalUs - b.totalUs ||
      a.waitingUs - b.waitingUs ||
      a.totalUs - a.connectUs - (b.totalUs - b.connectUs) ||
      a.connectUs - b.connectUs,
  );
}

/** `Sat Oct 18 13:21:27 2025`, as C's ctime writes it but with a zero before a single digit, as APR does. */
function localDate(us: number): string {
  const at = new Date(us / 1000);
  const two = (value: number) => String(value).padStart(2, '0');
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':');
  return `${days[at.getDay()]} ${months[at.getMonth()]} ${two(at.getDate())} ${time} ${at.getFullYear()}`;
}
