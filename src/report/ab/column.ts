import type { AbColumn, AbSample, AbTimes } from '../../model/ab-figures.js';
import { medianRanks } from './rank.js';

/**
 * One line of ab's table from values in microseconds, in any order.
 * The deviation is taken around the mean cut to a whole microsecond, as ab takes it.
 * Throws a RangeError without values.
 */
export function abColumn(valuesUs: readonly number[], compat: boolean): AbColumn {
  const sorted = Float64Array.from(valuesUs).sort();
  const [lower, upper] = medianRanks(sorted.length, compat);
  const minUs = sorted[0];
  const maxUs = sorted.at(-1);
  const low = sorted[lower];
  const high = sorted[upper];
  if (minUs === undefined || maxUs === undefined || low === undefined || high === undefined) {
    throw new RangeError('abColumn requires at least one value');
  }
  const count = sorted.length;
  const sumUs = sorted.reduce((sum, value) => sum + value, 0);
  const mean = Math.floor(sumUs / count);
  const squares = sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const sdUs = count > 1 ? Math.sqrt(squares / (count - 1)) : 0;
  return { minUs, sumUs, sdUs, medianUs: Math.floor((low + high) / 2), maxUs };
}

/** All of ab's times from every single request; `undefined` without requests. */
export function timesOfSamples(samples: readonly AbSample[], compat: boolean): AbTimes | undefined {
  if (samples.length === 0) return undefined;
  const totals = Float64Array.from(samples, (sample) => sample.totalUs).sort();
  const column = (value: (sample: AbSample) => number) => abColumn(samples.map(value), compat);
  return {
    count: samples.length,
    connect: column((sample) => sample.connectUs),
    processing: column((sample) => sample.totalUs - sample.connectUs),
    waiting: column((sample) => sample.waitingUs),
    total: column((sample) => sample.totalUs),
    totalAtRankUs: (rank) => {
      const us = totals[rank];
      if (us === undefined) throw new RangeError(`expected a rank below ${totals.length}, got ${rank}`);
      return us;
    },
  };
}
