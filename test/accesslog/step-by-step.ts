import type { Backward, Step } from '../../src/accesslog/scanner/program.js';

/** Where a line's values stand, and where the next line starts; or the step that did not fit. */
export type StepResult =
  | { readonly next: number; readonly starts: readonly number[]; readonly ends: readonly number[] }
  | { readonly missed: number };

const [lineFeed, carriageReturn, space, backslash] = [0x0a, 0x0d, 0x20, 0x5c];

/** What the steps of a program mean, a byte at a time: the scanner is held against it. */
export function runSteps(steps: readonly Step[], line: Uint8Array, variables: number): StepResult {
  const starts: number[] = new Array(variables).fill(0);
  const ends: number[] = new Array(variables).fill(0);
  const at = (index: number) => line[index] ?? lineFeed;
  const stands = (literal: Uint8Array, from: number) => literal.every((byte, i) => line[from + i] === byte);
  const find = (from: number, byte: number, escaped = false) => {
    let end = from;
    while (at(end) !== byte && at(end) >= space) {
      if (escaped && at(end) === backslash) {
        if (at(end + 1) < space) return -1;
        end++;
      }
      end++;
    }
    return at(end) === byte ? end : -1;
  };
  const lineEnd = line.indexOf(lineFeed);
  const endFrom = (from: number) =>
    lineEnd > from && line[lineEnd - 1] === carriageReturn ? lineEnd - 1 : lineEnd;
  const take = (variable: number, start: number, end: number) => {
    starts[variable] = start;
    ends[variable] = end;
  };
  /** Where the first of several values ends, the others taken. */
  const backwards = (values: readonly Backward[], from: number, to: number): number => {
    let end = to;
    for (const { variable, width, literal, at: looked } of values) {
      let start = end - (width ?? 0);
      if (width === undefined) {
        start = end - 1;
        while (start >= from && line[start] !== literal[looked]) start--;
        start += literal.length - looked;
      }
      if (start - literal.length < from || start > end || !stands(literal, start - literal.length)) return -1;
      take(variable, start, end);
      end = start - literal.length;
    }
    return end;
  };
  let position = 0;
  for (const [index, step] of steps.entries()) {
    const missed = { missed: index };
    if (step.kind === 'literal') {
      if (!stands(step.literal, position)) return missed;
      position += step.literal.length;
    } else if (step.kind === 'status') {
      for (let i = 0; i < 3; i++) if (at(position + i) < 0x30 || at(position + i) > 0x39) return missed;
      take(step.variable, position, position + 3);
      if (!stands(step.literal, position + 3)) return missed;
      position += 3 + step.literal.length;
    } else if (step.kind === 'rest') {
      take(step.variable, position, endFrom(position));
      return { next: lineEnd + 1, starts, ends };
    } else {
      const { literal } = step;
      const isLast = step.kind === 'anchor' && step.at === undefined;
      const looked = step.at ?? literal.length;
      const found = isLast
        ? endFrom(position)
        : find(position, literal[looked] as number, step.kind === 'forward' && step.escaped);
      const end = found - looked;
      if (found < 0 || end < position || !stands(literal, end)) return missed;
      const firstEnd = step.kind === 'anchor' ? backwards(step.backward, position, end) : end;
      if (firstEnd < 0) return missed;
      take(step.kind === 'anchor' ? step.first : step.variable, position, firstEnd);
      position = end + literal.length;
      if (isLast) return { next: lineEnd + 1, starts, ends };
    }
  }
  if (at(position) === carriageReturn) position++;
  return position === lineEnd ? { next: lineEnd + 1, starts, ends } : { missed: steps.length };
}
