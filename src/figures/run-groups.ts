import { medianSorted } from 'simple-statistics';
import type { RunReport } from '../model/report.js';

/** What tells one run from another. */
export type NamedRun = Pick<RunReport, 'name' | 'round' | 'algorithm'>;

/** All runs of one algorithm: one, or one for each round. */
export interface RunGroup {
  readonly name: string;
  readonly runs: readonly RunReport[];
  /** The run in the middle by requests per second, the later of two: the one to look at when there is room for one. */
  readonly typical: RunReport;
}

/** `least_conn #2`: what the run of a round is called; of the only round just `least_conn`. */
export function roundName(stem: string, round: number | undefined): string {
  return round === undefined ? stem : `${stem} #${round}`;
}

/** All names that `{run=…}` may select: those of all rounds together, then each round's own. */
export function runNames(stems: readonly string[], repeat: number): string[] {
  const rounds = repeat === 1 ? [] : Array.from({ length: repeat }, (_, index) => index + 1);
  return [...stems, ...stems.flatMap((stem) => rounds.map((round) => roundName(stem, round)))];
}

/** Whether `{run=…}` means this run: by its own name, by its algorithm, or by the name that all its rounds share. */
export function isSelected(selector: string | undefined, run: NamedRun): boolean {
  return selector === undefined || [run.name, run.algorithm, stemOf(run)].includes(selector);
}

/** The same text for all rounds of one run: of its algorithm, or of its name where that is not known. */
export function groupKey(run: NamedRun): string {
  return run.algorithm === undefined ? `name ${stemOf(run)}` : `algorithm ${run.algorithm}`;
}

/** Groups runs of the same algorithm; runs of unknown algorithms stay apart unless they are rounds of one name. */
export function groupsOf(runs: readonly RunReport[]): RunGroup[] {
  const groups = new Map<string, [RunReport, ...RunReport[]]>();
  for (const run of runs) {
    const key = groupKey(run);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [run]);
    else group.push(run);
  }
  return [...groups.values()].map((group) => {
    const byRate = group.toSorted((a, b) => (a.rps ?? 0) - (b.rps ?? 0));
    const [first] = group;
    const typical = byRate[Math.floor(byRate.length / 2)] ?? first;
    return {
      name: group.length === 1 ? first.name : (first.algorithm ?? stemOf(first)),
      runs: group,
      typical,
    };
  });
}

/** Middle, smallest and largest of a figure over the rounds; `undefined` when any round lacks it. */
export function overRounds(
  { runs }: Pick<RunGroup, 'runs'>,
  figure: (run: RunReport) => number | undefined,
): { readonly median: number; readonly min: number; readonly max: number } | undefined {
  const values = runs.map(figure).filter((value) => value !== undefined);
  if (values.length < runs.length) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  const [min] = sorted;
  const max = sorted.at(-1);
  return min === undefined || max === undefined ? undefined : { median: medianSorted(sorted), min, max };
}

/** The name that all rounds of a run share. */
function stemOf({ name, round }: NamedRun): string {
  const suffix = roundName('', round);
  return suffix !== '' && name.endsWith(suffix) ? name.slice(0, -suffix.length) : name;
}
