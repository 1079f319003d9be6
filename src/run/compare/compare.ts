import type { Change, Comparison } from '../../model/comparison.js';
import { LbbenchError } from '../../model/fault.js';
import type { Report, RunReport, ThresholdResult } from '../../model/report.js';
import { groupsOf, type RunGroup } from '../../report/rounds.js';
import { scenarioName } from '../../report/scenario-name.js';
import { overallVerdict } from '../../verdict/evaluate.js';
import type { Rule } from '../../verdict/rule.js';
import { judged, rulesOf } from '../judge.js';
import { comparedMetrics, estimateOf } from './estimate.js';
import { findingOf } from './finding.js';

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
    changes: changesOf(reports),
    notes: others.flatMap((other) => differences(first, other)),
    thresholds: results,
    verdict: overallVerdict(results),
  };
}

function changesOf(reports: readonly NamedReport[]): Change[] {
  const groups = reports.map(
    ({ report }) => new Map(groupsOf(report.runs).map((group) => [keyOf(group), group])),
  );
  const keys = [...new Set(groups.flatMap((byKey) => [...byKey.keys()]))];
  // Two runs of unknown algorithms are each other's counterpart where there is nothing else to compare.
  const single = groups.every((byKey) => byKey.size === 1);
  const rows: readonly (readonly (RunGroup | undefined)[])[] = single
    ? [groups.map((byKey) => [...byKey.values()][0])]
    : keys.map((key) => groups.map((byKey) => byKey.get(key)));
  return rows.flatMap((row) => {
    const known = row.filter((group) => group !== undefined);
    const names = [...new Set(known.map(keyOf))];
    return comparedMetrics.flatMap((metric): Change[] => {
      const sides = row.map((group) => ({
        estimate: group === undefined ? undefined : estimateOf(group, metric),
        values: group === undefined ? [] : group.runs.flatMap((run) => metric.of(run) ?? []),
      }));
      const [baseline, ...later] = sides;
      if (baseline === undefined || sides.every(({ estimate }) => estimate === undefined)) return [];
      return [
        {
          run: names.join(' → '),
          metric: metric.name,
          estimates: sides.map(({ estimate }) => estimate),
          findings: later.map((side) => findingOf(baseline, side, metric.better)),
        },
      ];
    });
  });
}

function keyOf({ typical, name }: RunGroup): string {
  return typical.algorithm ?? name;
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

/** What was not the same about two measurements: their figures then differ for other reasons than the balancer. */
function differences(first: NamedReport, other: NamedReport): string[] {
  const facts: readonly (readonly [name: string, of: (run: RunReport) => unknown])[] = [
    ['load model', ({ load }) => load.model],
    ['concurrency', ({ load }) => load.concurrency],
    ['rate', ({ load }) => load.ratePerSec],
    ['balancer', ({ balancer }) => balancer],
    ['engine', ({ engine }) => engine],
  ];
  const [a, b] = [first.report.runs[0], other.report.runs[0]];
  const notes = facts.flatMap(([name, of]) => {
    if (a === undefined || b === undefined || of(a) === of(b)) return [];
    return [`${other.file}: ${name} ${shown(of(b))} instead of ${shown(of(a))}`];
  });
  const { tool } = other.report;
  if (tool.version !== first.report.tool.version) {
    notes.push(`${other.file}: lbbench ${tool.version} instead of ${first.report.tool.version}`);
  }
  if (tool.platform !== first.report.tool.platform) {
    notes.push(`${other.file}: measured on ${tool.platform} instead of ${first.report.tool.platform}`);
  }
  return notes;
}

function shown(value: unknown): string {
  return value === undefined ? 'unknown' : String(value);
}
