import type { RunReport } from '../model/report.js';

/** What tells one run from another. */
export type NamedRun = Pick<RunReport, 'name' | 'round' | 'algorithm'>;

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

function stemOf({ name, round }: NamedRun): string {
  const suffix = roundName('', round);
  return suffix !== '' && name.endsWith(suffix) ? name.slice(0, -suffix.length) : name;
}
