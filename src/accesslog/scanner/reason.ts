import type { LogFormat } from '../../nginx/log-format.js';
import { shown } from '../../text/shown.js';
import type { Step } from './program.js';

/** Why a line did not match, for people; `undefined` for the end of the line behind the last step. */
export function reasonOf(format: LogFormat, step: Step | undefined): string {
  if (step === undefined) return 'expected the end of the line, got more text';
  if (step.kind === 'literal') return `expected ${textOf(step.literal)} at the start of the line`;
  const variable = step.kind === 'anchor' ? step.first : step.variable;
  const names = format.variables.slice(
    variable,
    variable + 1 + (step.kind === 'anchor' ? step.backward.length : 0),
  );
  const literal = format.literals[variable + names.length];
  if (step.kind === 'status') return `expected three digits of $status and ${textOf(literal)} after them`;
  return `expected ${textOf(literal)} after ${names.map((name) => `$${name}`).join(', ')}`;
}

function textOf(literal: Uint8Array | undefined): string {
  return literal === undefined || literal.length === 0
    ? 'the end of the line'
    : shown(Buffer.from(literal).toString('utf8'));
}
