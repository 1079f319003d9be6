import type { Report, ThresholdResult, Verdict } from '../../model/report.js';
import { formatQuantity } from '../format.js';
import { sanitize } from '../sanitize.js';
import { formatThresholdValue } from '../threshold-unit.js';
import { element, type MarkupElement } from './markup.js';

const signs: Readonly<Record<Verdict, { readonly text: string; readonly tone: string }>> = {
  pass: { text: '✓ pass', tone: 'pass' },
  fail: { text: '✗ fail', tone: 'fail' },
  inconclusive: { text: '~ inconclusive', tone: 'doubt' },
  'no-data': { text: '? no data', tone: 'doubt' },
};

/** Worst first, as the overall verdict ranks them. */
const order: readonly Verdict[] = ['fail', 'no-data', 'inconclusive', 'pass'];

const mostRules = 100;
const mostRuns = 12;

/** The verdict in one line, and each rule with how it went on the runs. */
export function verdictBlock({ thresholds, verdict }: Report): MarkupElement[] {
  if (thresholds.length === 0) {
    return [element('p', { class: 'verdict' }, element('span', {}, 'No thresholds were set.'))];
  }
  const agreeing = thresholds.filter((result) => result.verdict === verdict).length;
  const { text, tone } = signs[verdict];
  const byRule = [...new Set(thresholds.map(({ rule }) => rule))].map((rule) =>
    thresholds.filter((result) => result.rule === rule),
  );
  const sorted = byRule.toSorted((a, b) => rank(a) - rank(b));
  return [
    element(
      'p',
      { class: 'verdict' },
      element('strong', { class: tone }, text),
      element('span', {}, `${agreeing} of ${formatQuantity(thresholds.length, 'check')}`),
    ),
    element('ul', { class: 'rules', 'aria-label': 'Thresholds' }, sorted.slice(0, mostRules).map(ruleItem)),
  ];
}

function rank(results: readonly ThresholdResult[]): number {
  return Math.min(...results.map(({ verdict }) => order.indexOf(verdict)));
}

function ruleItem(results: readonly ThresholdResult[]): MarkupElement {
  const { text, tone } = signs[order[rank(results)] ?? 'no-data'];
  return element(
    'li',
    {},
    element('span', { class: tone }, text),
    element('code', {}, sanitize(results[0]?.rule ?? '')),
    element('span', { class: 'note' }, detail(results)),
  );
}

/** What did not pass, run by run with its reason, then what did. */
function detail(results: readonly ThresholdResult[]): string {
  const others = results.filter(({ verdict }) => verdict !== 'pass');
  const passed = results.filter(({ verdict }) => verdict === 'pass');
  const listed = others
    .slice(0, mostRuns)
    .map(
      (result) => `${valueText(result)}${result.note === undefined ? '' : `: ${sanitize(result.note, 300)}`}`,
    );
  if (others.length > listed.length) listed.push(`and ${others.length - listed.length} more`);
  if (passed.length > 0) listed.push(`${others.length > 0 ? 'passed: ' : ''}${passedText(passed)}`);
  // A number stays with its unit.
  return listed.join('; ').replace(/(?<=\d) (?=%|ms\b|s\b|µs\b)/g, '\u00a0');
}

/** `4 runs, 29.5 ms to 40.9 ms`. */
function passedText(passed: readonly ThresholdResult[]): string {
  const [first] = passed;
  if (first !== undefined && passed.length === 1) return valueText(first);
  const values = passed.flatMap(({ value }) => value ?? []);
  const texts = [Math.min(...values), Math.max(...values)].map((value) =>
    formatThresholdValue(first?.rule ?? '', value),
  );
  return `${formatQuantity(passed.length, 'run')}, ${[...new Set(texts)].join(' to ')}`;
}

function valueText({ rule, run, value }: ThresholdResult): string {
  return `${sanitize(run, 60)} ${formatThresholdValue(rule, value)}`;
}
