import type { LogFormat, ObjectLayout } from '../../nginx/log-format.js';
import type { LineMatcher } from './line-matcher.js';
import { ObjectMatcher } from './object-matcher.js';
import { planProgram, shapesOf } from './program.js';
import { ProgramMatcher } from './program-matcher.js';
import type { Scanner } from './scanner.js';
import { SearchMatcher } from './search-matcher.js';
import { UsualFirst } from './usual-first.js';

/**
 * The matcher for a format: a program where every value's end is certain, else a search, before which lines in which
 * everything is as usual are tried with a program.
 *
 * @param critical names of the variables that all readings of an uncertain line must agree on
 * @param sockets addresses of the pool that look like lists
 */
export function matcherFor(
  scanner: Scanner,
  format: LogFormat,
  critical: ReadonlySet<string>,
  sockets: readonly string[] = [],
): LineMatcher {
  if (format.object !== undefined) return objectMatcherFor(scanner, format, format.object);
  const steps = planProgram(format);
  if (steps !== undefined) return new ProgramMatcher(scanner, format, steps);
  const search = new SearchMatcher(format, critical, sockets);
  const usual = shapesOf(format).map((shape) => shape.usual ?? shape);
  const usualSteps = planProgram(format, usual);
  if (usualSteps === undefined) return search;
  return new UsualFirst(new ProgramMatcher(scanner, format, usualSteps, usual, format.literals), search);
}

const quote = 0x22;
const bareValue = { alphabet: (byte: number) => !'"[]{}'.includes(String.fromCharCode(byte)) };

function objectMatcherFor(scanner: Scanner, format: LogFormat, layout: ObjectLayout): LineMatcher {
  const byMember = new ObjectMatcher(format, layout);
  const { frame } = layout;
  if (frame === undefined) return byMember;
  const steps = planProgram({
    ...format,
    literals: frame,
    variables: format.variables.slice(0, frame.length - 1),
  });
  if (steps === undefined) return byMember;
  // What stands without quotes in the frame may be quoted, or an object, in a line.
  const bare = frame.slice(0, -1).map((literal) => (literal.at(-1) === quote ? undefined : bareValue));
  return new UsualFirst(new ProgramMatcher(scanner, format, steps, bare), byMember);
}
