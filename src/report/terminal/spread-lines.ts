import type { RunReport } from '../../model/report.js';
import { formatCount, formatIndex, formatPercent, formatProbability, formatQuantity } from '../format.js';
import { retryCount, retryRatio, weightsUnknown } from '../run-figures.js';
import type { Figure } from './figure-list.js';

/** How even the spread was, and what chance has to do with it. */
export function spreadFigures(run: RunReport): Figure[] {
  const { distribution: spread, outcomes, unattributed, backends } = run;
  const figures: Figure[] = [];
  if (backends.length > 0) {
    figures.push({ label: 'Skew', value: formatPercent(spread.skew), note: skewNote(run) });
    figures.push({
      label: 'In-flight skew',
      value: formatPercent(spread.inFlightSkew),
      note: 'the same for requests in flight: work, not requests',
    });
    figures.push({
      label: 'Evenness',
      value: formatIndex(spread.jainIndex),
      note: [
        "Jain's index, 1 is even",
        `cv ${formatIndex(spread.coefficientOfVariation)}`,
        `max/mean ${formatIndex(spread.maxOverMean)}`,
        `chi-square p ${formatProbability(spread.chiSquare?.pValue)}`,
      ].join(', '),
    });
  }
  const retries = retryCount(run);
  if (retries > 0) {
    figures.push({
      label: 'Retries',
      value: formatCount(retries),
      note: `${formatPercent(retryRatio(run))} of all attempts were passed on to another backend`,
    });
  }
  if (unattributed > 0) {
    figures.push({
      label: 'Unattributed',
      value: formatCount(unattributed),
      note: `of ${formatQuantity(outcomes.responses, 'response')} named no known backend`,
      mood: 'doubtful',
    });
  }
  return figures;
}

function skewNote(run: RunReport): string {
  const { skewNoise } = run.distribution;
  return [
    ...(skewNoise === undefined ? [] : [`chance alone explains up to ${formatPercent(skewNoise)}`]),
    ...(weightsUnknown(run) ? ['no weights are known, so equal shares are expected'] : []),
  ].join('; ');
}
