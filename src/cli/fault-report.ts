import { LbbenchError } from '../model/fault.js';
import { faultText } from '../run/faults.js';
import { codeOfFault, ExitCode } from './exit-codes.js';
import type { Io } from './io.js';
import { note } from './print.js';

/**
 * Prints a failure and returns its exit code. What was not expected is a bug: it keeps its stack, and must not end with
 * Node's 1, which would tell a script that a threshold failed.
 */
export function reportFault(error: unknown, io: Io): number {
  if (!(error instanceof LbbenchError)) {
    const text = error instanceof Error ? error.stack : String(error);
    note(io, `lbbench failed in a way it should not; please report this:\n${text}\n`);
    return ExitCode.unmeasurable;
  }
  for (const fault of error.faults) note(io, `${faultText(fault)}\n`);
  return codeOfFault[error.kind];
}
