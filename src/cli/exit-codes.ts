import type { FaultKind } from '../model/fault.js';
import type { Report, Verdict } from '../model/report.js';

/** What a process status tells a script. */
export const ExitCode = {
  /** All thresholds passed, or there were none. */
  pass: 0,
  /** A threshold failed. */
  fail: 1,
  /** Bad usage, scenario or log format. */
  usage: 2,
  /** Could not measure: target unreachable, nginx would not start. */
  unmeasurable: 3,
  /** Inconclusive or no data. */
  inconclusive: 4,
  /** Interrupted; the report holds what was measured. */
  interrupted: 130,
} as const;

/** The same for people: in each command's help, and in the reference. */
export const exitCodes: readonly (readonly [code: number, meaning: string])[] = [
  [ExitCode.pass, 'all thresholds passed, or there was nothing to judge'],
  [ExitCode.fail, 'a threshold failed'],
  [ExitCode.usage, 'bad usage, scenario, configuration or log format'],
  [ExitCode.unmeasurable, 'could not measure: target unreachable, nginx would not start'],
  [ExitCode.inconclusive, 'inconclusive, or no data'],
  [ExitCode.interrupted, 'interrupted; the report holds what was measured'],
];

export const codeOfFault: Record<FaultKind, number> = {
  usage: ExitCode.usage,
  unmeasurable: ExitCode.unmeasurable,
};

/** @param verdict `undefined` when nothing was to be judged */
export function codeOfVerdict(verdict: Verdict | undefined): number {
  return verdict === undefined ? ExitCode.pass : codes[verdict];
}

const codes: Record<Verdict, number> = {
  pass: ExitCode.pass,
  fail: ExitCode.fail,
  inconclusive: ExitCode.inconclusive,
  'no-data': ExitCode.inconclusive,
};

/** A run without a single response has measured nothing, whatever its thresholds say. */
export function codeOfReport(report: Report): number {
  if (report.runs.some(({ interrupted }) => interrupted)) return ExitCode.interrupted;
  if (report.runs.some(({ outcomes }) => outcomes.responses === 0)) return ExitCode.unmeasurable;
  return codeOfVerdict(report.verdict);
}
