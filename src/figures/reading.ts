import type { Operator } from '../model/rule.js';

/** A figure's value in its unit, or why there is none. */
export type Reading =
  | { readonly value: number; readonly note: string | undefined }
  | { readonly value: undefined; readonly note: string };

export function known(value: number | undefined, note?: string | undefined): Reading {
  return value === undefined || !Number.isFinite(value) ? unknown('not measured') : { value, note };
}

export function unknown(note: string): Reading {
  return { value: undefined, note };
}

/** A part of a whole, or so many in a time; not known where there is nothing of it. */
export function ratio(part: number, whole: number): Reading {
  return ratioOf(whole > 0 ? part / whole : undefined);
}

/** The same of a ratio that is already made. */
export function ratioOf(value: number | undefined): Reading {
  return value === undefined ? unknown('no samples') : known(value);
}

/** 525 of 1000 over two backends is a skew of 0.05, but 0.525 / 0.5 - 1 is not quite; hence the rounding. */
export function holds(value: number, operator: Operator, limit: number): boolean {
  const left = Number(value.toPrecision(12));
  const right = Number(limit.toPrecision(12));
  switch (operator) {
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
  }
}
