import type { LogFormat } from '../../nginx/log-format.js';
import type { Shape } from '../dialect/dialect.js';
import { dialectOf } from '../dialect/dialects.js';

/** One step of a scanner's program, in the order of the line. */
export type Step =
  /** The text at the current position. Only the first step of a program. */
  | { readonly kind: 'literal'; readonly literal: Uint8Array }
  /** A value of three digits and the text behind it. */
  | { readonly kind: 'status'; readonly variable: number; readonly literal: Uint8Array }
  /**
   * A value, and the text behind it: the value cannot contain the byte at `at` in that text, so the first one found
   * is the text's. With `escaped` a backslash hides the byte after it.
   */
  | {
      readonly kind: 'forward';
      readonly variable: number;
      readonly literal: Uint8Array;
      readonly at: number;
      readonly escaped: boolean;
    }
  /** The last value, up to the end of the line. */
  | { readonly kind: 'rest'; readonly variable: number }
  /**
   * Several values that end at a text no byte of theirs can imitate. They are taken from the right, and the first of
   * them is what is left.
   */
  | {
      readonly kind: 'anchor';
      /** Text behind the last value; the byte at `at` in it is looked for. */
      readonly literal: Uint8Array;
      /** `undefined` when the anchor is the end of the line. */
      readonly at: number | undefined;
      readonly first: number;
      /** From the right: how each value but the first starts. */
      readonly backward: readonly Backward[];
    };

/** A value whose end is known, and the text before it. */
export interface Backward {
  readonly variable: number;
  /** Bytes it always takes; `undefined` to look for the byte at `at` in the text before it. */
  readonly width: number | undefined;
  readonly literal: Uint8Array;
  readonly at: number;
}

const lineFeed = 0x0a;
const quote = 0x22;
const backslash = 0x5c;

/**
 * Plans how to find every value of a line in one pass, such that no value can imitate the text around it: with
 * nginx's escaping, quotes (and tabs) of the format never occur inside values, numbers hold no letters, and so on.
 * `undefined` when that is not possible, as with `escape=none` or with two client-written values that only a space
 * or a bar separates; such a line must be searched for its readings.
 */
export function planProgram(
  format: LogFormat,
  shapes: readonly Shape[] = shapesOf(format),
): readonly Step[] | undefined {
  if (format.escape === 'none') return undefined;
  if (format.literals.some((literal) => literal.includes(lineFeed))) return undefined;
  const steps: Step[] = [{ kind: 'literal', literal: format.literals[0] as Uint8Array }];
  for (let i = 0; i < shapes.length; ) {
    const single = singleStep(format, shapes, i);
    if (single !== undefined) {
      steps.push(single);
      i += 1;
      continue;
    }
    const anchor = anchorStep(format, shapes, i);
    if (anchor === undefined) return undefined;
    steps.push(anchor);
    i += anchor.backward.length + 1;
  }
  return steps;
}

/** The shapes of a format's values, in their order. */
export function shapesOf(format: LogFormat): readonly Shape[] {
  const { shapeOf } = dialectOf(format);
  return format.variables.map((name) => shapeOf(name, format.escape, []));
}

function singleStep(format: LogFormat, shapes: readonly Shape[], i: number): Step | undefined {
  const literal = format.literals[i + 1] as Uint8Array;
  const shape = shapes[i] as Shape;
  if (shape.isStatus === true) return { kind: 'status', variable: i, literal };
  if (literal.length === 0) return { kind: 'rest', variable: i };
  const at = literal.findIndex((byte) => !shape.alphabet(byte));
  if (at < 0) return undefined;
  const escaped = format.escape === 'json' && literal[at] === quote && shape.alphabet(backslash);
  return { kind: 'forward', variable: i, literal, at, escaped };
}

function anchorStep(
  format: LogFormat,
  shapes: readonly Shape[],
  i: number,
): Extract<Step, { kind: 'anchor' }> | undefined {
  // A quote inside a JSON value is hidden by a backslash, which only a scan from the left sees.
  const hidesQuotes = format.escape === 'json';
  const backward: Backward[] = [];
  for (let j = i; j < shapes.length; j++) {
    if (j > i) {
      const before = beforeOf(format, shapes, j, hidesQuotes);
      if (before === undefined) return undefined;
      backward.unshift(before);
    }
    const literal = format.literals[j + 1] as Uint8Array;
    const isLast = j === shapes.length - 1;
    const at = literal.findIndex(
      (byte, index) =>
        (!hidesQuotes || byte !== quote) &&
        !literal.subarray(0, index).includes(byte) &&
        shapes.slice(i, j + 1).every((shape) => !shape.alphabet(byte)) &&
        format.literals.slice(i + 1, j + 1).every((between) => !between.includes(byte)),
    );
    if (at >= 0) return { kind: 'anchor', literal, at, first: i, backward };
    if (isLast) return { kind: 'anchor', literal, at: undefined, first: i, backward };
  }
  return undefined;
}

function beforeOf(
  format: LogFormat,
  shapes: readonly Shape[],
  j: number,
  hidesQuotes: boolean,
): Backward | undefined {
  const literal = format.literals[j] as Uint8Array;
  const shape = shapes[j] as Shape;
  const at = literal.findLastIndex((byte) => !shape.alphabet(byte) && (!hidesQuotes || byte !== quote));
  if (at < 0 && shape.width === undefined) return undefined;
  return { variable: j, width: shape.width, literal, at };
}
