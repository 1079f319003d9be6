import { formatDuration, formatPercent } from '../figures/format.js';
import type { Advice } from '../model/advice.js';
import { sanitize } from '../text/sanitize.js';

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
