import { retryCount, retryRatio, weightsUnknown } from '../../figures/counts.js';
import {
  formatCount,
  formatIndex,
  formatPercent,
  formatProbability,
  formatQuantity,
  notAvailable,
} from '../../figures/format.js';
import type { Prediction } from '../../model/prediction.js';
import type { Reconciliation, RunReport } from '../../model/report.js';
import { sanitize } from '../../text/sanitize.js';
import type { Fact } from './block.js';

/** How even the spread was, and what chance has to do with it. */
export function spreadFacts(run: RunReport): Fact[] {
  const { outcomes, unattributed, backends, reconciliation } = run;
  const figures: Fact[] = backends.length > 0 ? evenness(run) : [];
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
  return reconciliation === undefined ? figures : [...figures, logFact(reconciliation)];
}

function evenness(run: RunReport): Fact[] {
  const { distribution: spread } = run;
  const { skewNoise } = spread;
  const note = [
    ...(skewNoise === undefined ? [] : [`chance alone explains up to ${formatPercent(skewNoise)}`]),
    ...(weightsUnknown(run) ? ['no weights are known, so equal shares are expected'] : []),
  ].join('; ');
  return [
    { label: 'Skew', value: formatPercent(spread.skew), note },
    {
      label: 'In-flight skew',
      value: formatPercent(spread.inFlightSkew),
      note: 'skew of the requests in flight: of the work, not of the count',
    },
    {
      label: 'Evenness',
      value: formatIndex(spread.jainIndex),
      note: [
        "Jain's index, 1 is even",
        `cv ${formatIndex(spread.coefficientOfVariation)}`,
        `max/mean ${formatIndex(spread.maxOverMean)}`,
        `chi-square p ${formatProbability(spread.chiSquare?.pValue)}`,
      ].join(', '),
    },
  ];
}

/** Whether the access log, by which the backends were counted, and the client agree. */
function logFact({ log, logLines, clientResponses, backends, differences }: Reconciliation): Fact {
  const file = sanitize(log.replace(/^.*\//s, ''), 40);
  const lines = `${formatQuantity(logLines, 'line')} in ${file} for ${formatQuantity(clientResponses, 'response')}`;
  const hasHeader = backends.some(({ headerCount }) => headerCount > 0);
  const agree = hasHeader ? 'header and log agree' : 'no header to compare them with';
  return differences.length === 0
    ? { label: 'Log', value: formatCount(logLines), note: `${lines}; ${agree}` }
    : { label: 'Log', value: formatCount(logLines), note: `${lines}; see the warning`, mood: 'doubtful' };
}

/** Whether requests went where nginx's method sends them, and what became of the keys; nothing where it was not checked. */
export function predictionFacts(prediction: Prediction | undefined): Fact[] {
  if (prediction === undefined) return [];
  const { checked, asPredicted, notComparable, keys } = prediction;
  const wrong = checked - asPredicted;
  const left = notComparable > 0 ? `; ${formatCount(notComparable)} could not be compared` : '';
  const figures: Fact[] = [
    {
      label: 'As modelled',
      value: checked === 0 ? notAvailable : formatPercent(asPredicted / checked),
      note: `${formatCount(asPredicted)} of ${formatQuantity(checked, 'placement')} as nginx's method has them${left}`,
      mood: wrong > 0 ? 'doubtful' : undefined,
    },
  ];
  if (keys !== undefined) {
    const shares = keys.perBackend.map(
      ({ address, count }) => `${sanitize(address, 60)} ${formatCount(count)}`,
    );
    figures.push({
      label: 'Keys',
      value: `${keys.capped ? 'over ' : ''}${formatCount(keys.distinct)}`,
      note: shares.join(', '),
    });
    if (keys.moved > 0) {
      figures.push({
        label: 'Moved keys',
        value: formatCount(keys.moved),
        note: `${formatPercent(keys.movedRatio)} of them were seen on more than one backend`,
        mood: 'doubtful',
      });
    }
  }
  return figures;
}
