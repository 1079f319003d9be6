import type { Change, Comparison } from '../../model/comparison.js';
import { LbbenchError } from '../../model/fault.js';
import type { Report, ThresholdResult } from '../../model/report.js';
import { scenarioName } from '../../report/scenario-name.js';
import { overallVerdict } from '../../verdict/evaluate.js';
import type { Rule } from '../../verdict/rule.js';
import { judged, rulesOf } from '../judge.js';
import { differences } from './differences.js';
import { comparedMetrics, estimateOf } from './estimate.js';
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
  const results = judge(first, others, rulesOf(thresholds, '--threshold'));
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
  return rows.flatMap((row) => {
    return comparedMetrics.flatMap((metric): Change[] => {
      const sides = row.map((group) => ({
        estimate: group === undefined ? undefined : estimateOf(group, metric),
        values: group === undefined ? [] : group.runs.flatMap((run) => metric.of(run) ?? []),
      }));
      const [baseline, ...later] = sides;
      if (baseline === undefined || sides.every(({ estimate }) => estimate === undefined)) return [];
      return [
        {
          run: nameOfMatched(row),
          metric: metric.name,
          estimates: sides.map(({ estimate }) => estimate),
          findings: later.map((side) => findingOf(baseline, side, metric.better)),
        },
      ];
    });
  });
}

function judge(
  first: NamedReport,
  others: readonly NamedReport[],
  rules: readonly Rule[],
): ThresholdResult[] {
  return others.flatMap(({ file, report }) => {
    const { thresholds } = judged(rules, report.runs, first.report.runs);
    return others.length === 1
      ? thresholds
      : thresholds.map((result) => ({ ...result, run: `${file}: ${result.run}` }));
  });
}
