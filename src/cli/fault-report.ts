import { LbbenchError } from '../model/fault.js';
import { faultText } from '../run/faults.js';
import { codeOfFault } from './exit-codes.js';
import type { Io } from './io.js';

/** Prints an expected failure and returns its exit code; anything else is a bug and goes on with its stack. */
export function reportFault(error: unknown, io: Io): number {
  if (!(error instanceof LbbenchError)) throw error;
  for (const fault of error.faults) io.stderr.write(`${faultText(fault)}\n`);
  return codeOfFault[error.kind];
}
