import { formatDuration, formatIndex, formatPercent, formatRate } from '../figures/format.js';

/**
 * A threshold's value as text in the unit of its metric, which is the first word of the rule: `rps` is a rate, `jain` an index, statistics
 * of times are milliseconds, all others are ratios.
 */
export function formatThresholdValue(rule: string, value: number | undefined): string {
  const metric = /^\s*([\w.-]*)/.exec(rule)?.[1] ?? '';
  if (metric === 'rps') return value === undefined ? formatRate(value) : `${formatRate(value)}/s`;
  if (metric === 'jain') return formatIndex(value);
  const statistic = metric.replace(/^(response|service|connect|ttfb)\./, '');
  if (/^(min|mean|median|max|p[\d.]+)$/.test(statistic)) return formatDuration(value);
  return formatPercent(value);
}
