import { medianSorted } from 'simple-statistics';
import type { RunReport } from '../model/report.js';

/** All runs of one algorithm: one, or one for each round. */
export interface RunGroup {
  readonly name: string;
  readonly runs: readonly RunReport[];
  /** The run in the middle by requests per second, the later of two: the one to look at when there is room for one. */
  readonly typical: RunReport;
}

/** Groups runs of the same algorithm; runs of unknown algorithms stay apart unless they are rounds of one name. */
export function groupsOf(runs: readonly RunReport[]): RunGroup[] {
  const groups = new Map<string, [RunReport, ...RunReport[]]>();
  for (const run of runs) {
    const key = run.algorithm === undefined ? `name ${baseName(run)}` : `algorithm ${run.algorithm}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [run]);
    else group.push(run);
  }
  return [...groups.values()].map((group) => {
    const byRate = group.toSorted((a, b) => (a.rps ?? 0) - (b.rps ?? 0));
    const [first] = group;
    const typical = byRate[Math.floor(byRate.length / 2)] ?? first;
    return {
      name: group.length === 1 ? first.name : (first.algorithm ?? baseName(first)),
      runs: group,
      typical,
    };
  });
}

/** The name that all rounds of a run share. */
function baseName({ name, round }: RunReport): string {
  const suffix = ` #${round}`;
  return round !== undefined && name.endsWith(suffix) ? name.slice(0, -suffix.length) : name;
}

/** Middle, smallest and largest of a figure over the rounds; `undefined` when any round lacks it. */
export function overRounds(
  { runs }: RunGroup,
  figure: (run: RunReport) => number | undefined,
): { readonly median: number; readonly min: number; readonly max: number } | undefined {
  const values = runs.map(figure).filter((value) => value !== undefined);
  if (values.length < runs.length) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  const [min] = sorted;
  const max = sorted.at(-1);
  return min === undefined || max === undefined ? undefined : { median: medianSorted(sorted), min, max };
}
