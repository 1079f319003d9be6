import { groupsOf, type RunGroup } from '../../figures/run-groups.js';
import type { Report } from '../../model/report.js';

/** The same run in each of several reports, in their order; `undefined` in those that lack it. */
export type MatchedRun = readonly (RunGroup | undefined)[];

/** Puts the runs of reports beside each other, by algorithm, and by name where that is not known. */
export function matchedRuns(reports: readonly Report[]): readonly MatchedRun[] {
  const groups = reports.map(({ runs }) => new Map(groupsOf(runs).map((group) => [keyOf(group), group])));
  const keys = [...new Set(groups.flatMap((byKey) => [...byKey.keys()]))];
  // Two runs of unknown algorithms are each other's counterpart where there is nothing else to compare.
  const single = groups.every((byKey) => byKey.size === 1);
  return single
    ? [groups.map((byKey) => [...byKey.values()][0])]
    : keys.map((key) => groups.map((byKey) => byKey.get(key)));
}

/** What a matched run is called: by all the names it has. */
export function nameOfMatched(row: MatchedRun): string {
  return [...new Set(row.filter((group) => group !== undefined).map(keyOf))].join(' → ');
}

function keyOf({ typical, name }: RunGroup): string {
  return typical.algorithm ?? name;
}
