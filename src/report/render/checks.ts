import { formatResult, ruleText } from '../../figures/catalogue.js';
import { formatQuantity } from '../../figures/format.js';
import type { ThresholdResult, Verdict } from '../../model/report.js';
import { sanitize } from '../../text/sanitize.js';
import type { Checks } from '../blocks/block.js';
import type { Paint } from './paint.js';
import { cutToWidth, displayWidth, wrap } from './width.js';

const signs: Readonly<Record<Verdict, string>> = {
  pass: '✓ pass',
  fail: '✗ fail',
  inconclusive: '~ inconclusive',
  'no-data': '? no data',
};

/** Every rule with its value and verdict, what to know about it, and at the very end the verdict of them all. */
export function checkLines(
  { thresholds, verdict, remarks, ofRuns }: Checks,
  width: number,
  paint: Paint,
): string[] {
  if (verdict === undefined || thresholds.length === 0) return [paint.dim('No thresholds were set.')];
  const signWidth = Math.max(...thresholds.map((result) => displayWidth(signs[result.verdict])));
  const values = thresholds.map(formatResult);
  const valueWidth = Math.max(...values.map(displayWidth));
  const ruleWidth = Math.max(10, width - 2 - signWidth - 2 - valueWidth - 2);

  const lines = thresholds.flatMap((result, index) => {
    const value = values[index] ?? '';
    const sign = signs[result.verdict];
    const rule = `${sanitize(ruleText(result))}${ofRuns ? ` · ${sanitize(result.run, 60)}` : ''}`;
    const head = [
      `  ${colorOf(result.verdict, paint)(sign)}${' '.repeat(signWidth - displayWidth(sign))}`,
      ' '.repeat(valueWidth - displayWidth(value)) + paint.bold(value),
      cutToWidth(rule, ruleWidth),
    ].join('  ');
    const notes = noteLines(result, width, 2 + signWidth + 2 + valueWidth + 2);
    return [head, ...notes.map((line) => paint.dim(line))];
  });
  const named = remarks.flatMap((remark) => {
    const [first = '', ...rest] = wrap(sanitize(remark, 300), width - 4);
    return [`  ${paint.doubtful('!')} ${first}`, ...rest.map((line) => `    ${line}`)];
  });
  return [
    paint.bold('Thresholds'),
    ...lines,
    '',
    `${verdictLine(verdict, thresholds, paint)}${named.length > 0 ? ', and' : ''}`,
    ...named,
  ];
}

function noteLines({ note }: ThresholdResult, width: number, column: number): string[] {
  if (note === undefined) return [];
  const margin = width - column >= 30 ? column : 4;
  return wrap(sanitize(note, 500), width - margin).map((line) => ' '.repeat(margin) + line);
}

function verdictLine(verdict: Verdict, thresholds: readonly ThresholdResult[], paint: Paint): string {
  const agreeing = thresholds.filter((result) => result.verdict === verdict).length;
  const word = signs[verdict].slice(2);
  return `Verdict: ${paint.bold(colorOf(verdict, paint)(word))}${paint.dim(` (${agreeing} of ${formatQuantity(thresholds.length, 'result')})`)}`;
}

function colorOf(verdict: Verdict, paint: Paint): (text: string) => string {
  switch (verdict) {
    case 'pass':
      return paint.good;
    case 'fail':
      return paint.bad;
    default:
      return paint.doubtful;
  }
}
