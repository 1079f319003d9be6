import { figureOf, hiddenOfRule, readRule, timelyOfRule } from '../figures/catalogue.js';
import { partOf } from '../figures/figure.js';
import { formatCount, formatQuantity } from '../figures/format.js';
import { holds, type Reading } from '../figures/reading.js';
import { isSelected } from '../figures/run-groups.js';
import { formatRough, formatValue } from '../figures/units.js';
import type { Report, RunReport, ThresholdResult, Verdict } from '../model/report.js';
import type { Rule } from '../model/rule.js';
import { aimNote, judgedByAim } from './aim.js';
import { baselineLimit, counterpartsOf, hiddenLimits, withinNoise } from './baseline.js';

/**
 * Judges every rule on every run it selects, in the order of the rules, then of the runs. `{run=least_conn}` selects all
 * rounds of that algorithm, `{run=least_conn #2}` one; without algorithms it is the scenario's name.
 *
 * A value that could not be measured is `no-data`, never a pass: a gate that saw nothing has no right to be green.
 * A broken rule on the spread (`skew`, `cv`, `jain`, `share`) is a `fail` only if a fair draw of this many requests would
 * break it so less than 1 time in 100; otherwise it is `inconclusive`, and so is a rule that only lbbench's own lateness may
 * have broken. What keeps its limit passes.
 * A `baseline` limit is the same metric in the baseline's run of the same name; else the median over its rounds of the
 * same algorithm, or without one of the same name; else over all it has, if both have rounds of one run only. A percentile that breaks such a limit is a `fail` only if the
 * requests of both sides prove it with 99 % confidence each, otherwise `inconclusive`.
 */
export function judge(
  rules: readonly Rule[],
  runs: readonly RunReport[],
  baseline?: readonly RunReport[] | undefined,
): Pick<Report, 'thresholds' | 'verdict'> {
  const thresholds = rules.flatMap((rule) => {
    const { unit } = figureOf(rule.metric);
    const resultOf = (run: string, { value, verdict, note }: Finding): ThresholdResult => {
      return { rule: rule.text, run, value, unit, implied: rule.isImplied ?? false, verdict, note };
    };
    const selected = runs.filter((run) => isSelected(rule.selectors.run, run));
    if (selected.length === 0) return [resultOf(rule.selectors.run ?? '', noData('no such run'))];
    return selected.map((run) => resultOf(run.name, judgeRun(rule, run, runs, baseline)));
  });
  return { thresholds, verdict: overallVerdict(thresholds) };
}

/**
 * One verdict of many: `fail` if any failed, because that is certain; else `no-data` if any could not be measured, which
 * needs repair before more requests can help; else `inconclusive`; else `pass`. `undefined` without any rule: nothing was
 * judged, so nothing has passed.
 */
export function overallVerdict(results: readonly ThresholdResult[]): Verdict | undefined {
  const worst = (['fail', 'no-data', 'inconclusive'] as const).find((verdict) =>
    results.some((result) => result.verdict === verdict),
  );
  return worst ?? (results.length > 0 ? 'pass' : undefined);
}

/** The tightest limit any rule puts on the skew. */
export function skewLimitOf(rules: readonly Rule[]): number | undefined {
  const limits = rules.flatMap(({ metric, limit, operator }) =>
    'figure' in metric && metric.figure === 'skew' && limit.kind === 'value' && operator.startsWith('<')
      ? [limit.value]
      : [],
  );
  return limits.length === 0 ? undefined : Math.min(...limits);
}

type Finding = Pick<ThresholdResult, 'value' | 'verdict' | 'note'>;

type Measured = Extract<Reading, { readonly value: number }>;

function judgeRun(
  rule: Rule,
  run: RunReport,
  runs: readonly RunReport[],
  baseline: readonly RunReport[] | undefined,
): Finding {
  const { value, note } = readRule(run, rule);
  if (value === undefined) return noData(note);
  const others = baseline === undefined ? undefined : counterpartsOf(run, runs, baseline);
  const limit = limitOf(rule, others);
  if (limit.value === undefined) return noData(limit.note, value);
  const finding = judgeValue(rule, run, { value, note }, { ...limit, value: limit.value }, others ?? []);
  return heldAgainstHidden(rule, run, finding, limit.value, others ?? []);
}

/** Judges by all that is known; what is not comes after. */
function judgeValue(
  rule: Rule,
  run: RunReport,
  { value, note }: Measured,
  limit: Measured,
  counterparts: readonly RunReport[],
): Finding {
  if (holds(value, rule.operator, limit.value)) return { value, verdict: 'pass', note };
  const timely = timelyOfRule(run, rule);
  if (timely !== undefined && holds(timely, rule.operator, limit.value)) {
    return { value, verdict: 'inconclusive', note: lateNote(rule, timely, run) };
  }
  const luck = chanceOf(rule, run, limit.value);
  const aimed = judgedByAim(rule, run, value, limit.value, luck?.isProven === false);
  if (aimed !== undefined) return aimed;
  if (luck !== undefined) {
    const about = aimNote(rule, run);
    return {
      value,
      verdict: luck.isProven ? 'fail' : 'inconclusive',
      note: about === undefined ? luck.note : `${luck.note}; ${about}`,
    };
  }
  if (rule.limit.kind === 'value')
    return { value, verdict: 'fail', note: rule.isImplied ? remedyOfImplied : note };
  const doubt = withinNoise(rule, rule.limit.factor, run, counterparts);
  return doubt === undefined
    ? { value, verdict: 'fail', note: limit.note }
    : { value, verdict: 'inconclusive', note: doubt };
}

/** A verdict stands only if it stood whatever became of the requests that its figure does not see, here and in the baseline. */
function heldAgainstHidden(
  rule: Rule,
  run: RunReport,
  finding: Finding,
  limit: number,
  counterparts: readonly RunReport[],
): Finding {
  if (finding.verdict !== 'pass' && finding.verdict !== 'fail') return finding;
  if (run.lostBounded === false) {
    const note = 'a machine was lost, and nobody knows how many requests it had sent: they could decide it';
    return { ...finding, verdict: 'inconclusive', note };
  }
  const own = hiddenOfRule(run, rule);
  const theirs = rule.limit.kind === 'value' ? [] : hiddenLimits(rule, rule.limit.factor, counterparts);
  if (own.lost + own.unplaced === 0 && theirs.length === 0) return finding;
  const values = own.lost + own.unplaced === 0 ? [finding.value] : [own.low, own.high];
  const limits = theirs.length === 0 ? [limit] : theirs;
  const stands = values.every((value) =>
    limits.every(
      (one) =>
        value !== undefined &&
        one !== undefined &&
        holds(value, rule.operator, one) === (finding.verdict === 'pass'),
    ),
  );
  return stands ? finding : { ...finding, verdict: 'inconclusive', note: hiddenNote(rule, run, own) };
}

function hiddenNote(
  { metric }: Rule,
  { outcomes }: RunReport,
  { lost, unplaced, low, high }: ReturnType<typeof hiddenOfRule>,
): string {
  const gone = `${formatQuantity(lost, 'request was', 'requests were')} lost with their machine`;
  if (unplaced === 0)
    return lost === 0 ? 'the baseline hides what could decide it' : `${gone}, and could decide it`;
  const { name, unit } = figureOf(metric);
  const many = `which backend served ${formatCount(unplaced)} of ${formatQuantity(outcomes.responses, 'response')} is not known`;
  const reach =
    low === undefined || high === undefined
      ? 'any'
      : `anything from ${formatValue(unit, low)} to ${formatValue(unit, high)}`;
  return `${many}${lost === 0 ? '' : `, and ${gone}`}: ${name} may be ${reach}`;
}

function limitOf({ limit, ...rule }: Rule, others: readonly RunReport[] | undefined): Reading {
  if (limit.kind === 'value') return { value: limit.value, note: undefined };
  if (others === undefined) return { value: undefined, note: 'no baseline was given' };
  return baselineLimit(rule, limit.factor, others);
}

function chanceOf({ metric, selectors, operator }: Rule, run: RunReport, limit: number) {
  const part = partOf(run, selectors);
  return typeof part === 'string' ? undefined : figureOf(metric).chance?.({ run, part, operator, limit });
}

const remedyOfImplied =
  'implied, as the scenario says nothing of errors: write a threshold on errors, or allowErrors: true';

function lateNote({ metric }: Rule, timely: number, { lagMs }: RunReport): string {
  const { unit } = figureOf(metric);
  const lag = lagMs?.max === undefined ? '' : ` by up to ${formatRough('ms', lagMs.max)}`;
  return `lbbench itself was late${lag}: without that it may be ${formatRough(unit, timely)}`;
}

function noData(note: string, value?: number): Finding {
  return { value, verdict: 'no-data', note };
}
