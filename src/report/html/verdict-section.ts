import { formatResult, ruleText } from '../../figures/catalogue.js';
import { formatQuantity, notAvailable } from '../../figures/format.js';
import { groupsOf, type RunGroup } from '../../figures/run-groups.js';
import { troubleRemarks } from '../../figures/trouble.js';
import type { Report, ThresholdResult, Verdict } from '../../model/report.js';
import { sanitize } from '../../text/sanitize.js';
import { element, type MarkupElement } from '../render/markup.js';

const signs: Readonly<Record<Verdict, { readonly text: string; readonly tone: string }>> = {
  pass: { text: '✓ pass', tone: 'pass' },
  fail: { text: '✗ fail', tone: 'fail' },
  inconclusive: { text: '~ inconclusive', tone: 'doubt' },
  'no-data': { text: '? no data', tone: 'doubt' },
};

/** Worst first, as the overall verdict ranks them. */
const order: readonly Verdict[] = ['fail', 'no-data', 'inconclusive', 'pass'];

const mostRules = 100;
/** Lines of a rule. */
const mostLines = 12;

/** The verdict in one line, and each rule with how it went on the runs. */
export function verdictBlock({ runs, thresholds, verdict }: Report): MarkupElement[] {
  const remarks = troubleRemarks(runs).map((remark) =>
    element('p', { class: 'remark' }, `! ${sanitize(remark, 300)}`),
  );
  if (verdict === undefined || thresholds.length === 0) {
    return [element('p', { class: 'verdict' }, element('span', {}, 'No thresholds were set.')), ...remarks];
  }
  const agreeing = thresholds.filter((result) => result.verdict === verdict).length;
  const { text, tone } = signs[verdict];
  const byRule = [...grouped(thresholds, ruleText).values()];
  const groups = groupsOf(runs);
  const sorted = byRule.toSorted((a, b) => rank(a) - rank(b));
  return [
    element(
      'p',
      { class: 'verdict' },
      element('strong', { class: tone }, text),
      element('span', {}, `${agreeing} of ${formatQuantity(thresholds.length, 'check')}`),
    ),
    ...remarks,
    element(
      'ul',
      { class: 'rules', 'aria-label': 'Thresholds' },
      sorted.slice(0, mostRules).map((results) => ruleItem(results, groups)),
    ),
  ];
}

function rank(results: readonly ThresholdResult[]): number {
  return results.reduce((worst, { verdict }) => Math.min(worst, order.indexOf(verdict)), order.length);
}

function ruleItem(results: readonly ThresholdResult[], groups: readonly RunGroup[]): MarkupElement {
  const { text, tone } = signs[order[rank(results)] ?? 'no-data'];
  return element(
    'li',
    {},
    element('span', { class: tone }, text),
    element('code', {}, results[0] === undefined ? '' : sanitize(ruleText(results[0]))),
    element('div', { class: 'results' }, resultLines(results, groups)),
  );
}

/** What did not pass, worst first, then what did. Runs that went the same way for the same reason share the reason. */
function resultLines(results: readonly ThresholdResult[], groups: readonly RunGroup[]): MarkupElement[] {
  const unmet = results.filter(({ verdict }) => verdict !== 'pass').toSorted((a, b) => rank([a]) - rank([b]));
  const passed = results.filter(({ verdict }) => verdict === 'pass');
  const alike = [...grouped(unmet, ({ verdict, note }) => JSON.stringify([verdict, note])).values()];
  // A sign for each line only where the one before the rule does not say it already.
  const mixed = new Set(results.map(({ verdict }) => verdict)).size > 1;
  const lines = alike.flatMap((some) => unmetLines(some, groups, mixed));
  const shown = lines.slice(0, mostLines);
  if (lines.length > shown.length) {
    shown.push(element('p', { class: 'note' }, 'The other runs are in the JSON report.'));
  }
  if (passed.length > 0) {
    shown.push(
      element('p', { class: 'note' }, mixed ? sign('pass') : undefined, withUnits(passedText(passed))),
    );
  }
  return shown;
}

/** A line for each algorithm, and what all of these have in common. */
function unmetLines(
  alike: readonly ThresholdResult[],
  groups: readonly RunGroup[],
  mixed: boolean,
): MarkupElement[] {
  const [first] = alike;
  const groupOf = ({ run }: ThresholdResult) =>
    groups.find(({ runs }) => runs.some(({ name }) => name === run));
  const byGroup = [...grouped(alike, (result) => groupOf(result)?.name ?? result.run)];
  const note = first?.note === undefined ? undefined : withUnits(sanitize(first.note, 300));
  const lines = byGroup.map(([name, some]) => {
    const rounds = groups.find((group) => group.name === name)?.runs.length ?? 1;
    return element(
      'p',
      {},
      mixed ? sign(first?.verdict ?? 'no-data') : undefined,
      withUnits(`${sanitize(name, 60)} ${rangeText(some)}`),
      rounds > 1 ? ` (${some.length < rounds ? `${some.length} of ` : ''}${rounds} rounds)` : undefined,
      note !== undefined && byGroup.length === 1
        ? element('span', { class: 'note' }, `\u2002${note}`)
        : undefined,
    );
  });
  return note === undefined || lines.length === 1
    ? lines
    : [...lines, element('p', { class: 'note reason' }, note)];
}

function grouped(
  results: readonly ThresholdResult[],
  keyOf: (result: ThresholdResult) => string,
): Map<string, readonly ThresholdResult[]> {
  const groups = new Map<string, readonly ThresholdResult[]>();
  for (const result of results) {
    const key = keyOf(result);
    groups.set(key, [...(groups.get(key) ?? []), result]);
  }
  return groups;
}

/** The mark of a verdict alone, with its word for those who do not see it. */
function sign(verdict: Verdict): MarkupElement {
  const { text, tone } = signs[verdict];
  const [mark = '', word = ''] = text.split(/ (.*)/);
  return element(
    'span',
    { class: tone },
    element('span', { 'aria-hidden': 'true' }, mark),
    element('span', { class: 'unseen' }, word),
    ' ',
  );
}

/** A number stays with its unit. */
function withUnits(text: string): string {
  return text.replace(/(?<=\d) (?=%|ms\b|s\b|µs\b)/g, '\u00a0');
}

/** `4 runs, 29.5 ms to 40.9 ms`. */
function passedText(passed: readonly ThresholdResult[]): string {
  const [first] = passed;
  const who =
    first !== undefined && passed.length === 1
      ? sanitize(first.run, 60)
      : `${formatQuantity(passed.length, 'run')},`;
  return `${who} ${rangeText(passed)}`;
}

/** `29.5 ms to 40.9 ms`, or one value where all read the same. */
function rangeText(results: readonly ThresholdResult[]): string {
  const sorted = results.toSorted((a, b) => (a.value ?? 0) - (b.value ?? 0));
  const texts = sorted.map(formatResult);
  const [smallest = notAvailable] = texts;
  const largest = texts.at(-1) ?? smallest;
  return smallest === largest ? smallest : `${smallest} to ${largest}`;
}
