import { retryCount, retryRatio, weightsUnknown } from '../../figures/counts.js';
import {
  formatCount,
  formatIndex,
  formatPercent,
  formatProbability,
  formatQuantity,
} from '../../figures/format.js';
import type { Reconciliation, RunReport } from '../../model/report.js';
import { sanitize } from '../../text/sanitize.js';
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
  if (run.reconciliation !== undefined) figures.push(logFigure(run.reconciliation));
  return figures;
}

/** Whether the access log, by which the backends were counted, and the client agree. */
function logFigure({ log, logLines, clientResponses, backends, differences }: Reconciliation): Figure {
  const name = sanitize(log.replace(/^.*\//s, ''), 40);
  const lines = `${formatQuantity(logLines, 'line')} in ${name} for ${formatQuantity(clientResponses, 'response')}`;
  const hasHeader = backends.some(({ headerCount }) => headerCount > 0);
  const agree = hasHeader ? 'header and log agree' : 'no header to compare them with';
  return differences.length === 0
    ? { label: 'Log', value: formatCount(logLines), note: `${lines}; ${agree}` }
    : { label: 'Log', value: formatCount(logLines), note: `${lines}; see the warning`, mood: 'doubtful' };
}

function skewNote(run: RunReport): string {
  const { skewNoise } = run.distribution;
  return [
    ...(skewNoise === undefined ? [] : [`chance alone explains up to ${formatPercent(skewNoise)}`]),
    ...(weightsUnknown(run) ? ['no weights are known, so equal shares are expected'] : []),
  ].join('; ');
}
