import { figureNamed } from '../../figures/catalogue.js';
import { wholeRun } from '../../figures/figure.js';
import {
  type Change,
  type ComparedMetric,
  type Comparison,
  comparedMetrics,
} from '../../model/comparison.js';
import { LbbenchError } from '../../model/fault.js';
import type { Report, ThresholdResult } from '../../model/report.js';
import type { Rule } from '../../model/rule.js';
import { scenarioName } from '../../report/blocks/heading.js';
import { judge, overallVerdict } from '../../verdict/evaluate.js';
import { parseRules } from '../../verdict/rule.js';
import { differences } from './differences.js';
import { estimateOf } from './estimate.js';
import { findingOf } from './finding.js';
import { type MatchedRun, matchedRuns, nameOfMatched } from './matched-runs.js';

/** A report and what to call it. */
export interface NamedReport {
  readonly file: string;
  readonly report: Report;
}

/**
 * Sets reports side by side, each against the first, and judges rules on each but the first; `baseline` in a rule is
 * the first.
 *
 * @param reports at least two
 * @param thresholds rules as text
 * @throws LbbenchError when a rule cannot be understood
 */
export function compare(reports: readonly NamedReport[], thresholds: readonly string[]): Comparison {
  const [first, ...others] = reports;
  if (first === undefined || others.length === 0) {
    throw new LbbenchError('usage', [
      {
        message: `expected at least two reports, got ${reports.length}`,
        hint: 'lbbench compare main.json branch.json',
      },
    ]);
  }
  const results = judgeAgainst(first, others, parseRules(thresholds, '--threshold'));
  return {
    schema: 'lbbench.comparison/1',
    reports: reports.map(({ file, report }) => ({
      file,
      name: scenarioName(report),
      startedAt: report.startedAt,
    })),
    changes: changesOf(matchedRuns(reports.map(({ report }) => report))),
    notes: others.flatMap(({ file, report }) => {
      const pair = [first.report, report] as const;
      return differences(pair, file, matchedRuns(pair));
    }),
    thresholds: results,
    verdict: overallVerdict(results),
  };
}

function changesOf(rows: readonly MatchedRun[]): Change[] {
  return rows.flatMap((row) => comparedMetrics.flatMap((metric) => changeOf(row, metric) ?? []));
}

/** `undefined` where no report measured it. */
function changeOf(row: MatchedRun, metric: ComparedMetric): Change | undefined {
  const figure = figureNamed(metric);
  const sides = row.map((group) => ({
    estimate: group === undefined ? undefined : estimateOf(group, figure),
    values: group === undefined ? [] : group.runs.flatMap((run) => figure.read(run, wholeRun).value ?? []),
  }));
  const [baseline, ...later] = sides;
  if (baseline === undefined || sides.every(({ estimate }) => estimate === undefined)) return undefined;
  return {
    run: nameOfMatched(row),
    metric,
    estimates: sides.map(({ estimate }) => estimate),
    findings: later.map((side) => findingOf(baseline, side, figure.better)),
  };
}

function judgeAgainst(
  first: NamedReport,
  others: readonly NamedReport[],
  rules: readonly Rule[],
): ThresholdResult[] {
  return others.flatMap(({ file, report }) => {
    const { thresholds } = judge(rules, report.runs, first.report.runs);
    return others.length === 1
      ? thresholds
      : thresholds.map((result) => ({ ...result, run: `${file}: ${result.run}` }));
  });
}
