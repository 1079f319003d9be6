import type { Unit } from '../model/rule.js';
import { formatDuration, formatIndex, formatMs, formatPercent, formatRate, notAvailable } from './format.js';

type Value = number | undefined;

interface UnitWords {
  /** A value with its unit. */
  readonly text: (value: Value) => string;
  /** A value in a column whose head names the unit, where one is needed. */
  readonly bare: (value: Value) => string;
  /** What the head of such a column adds to the figure's name. */
  readonly headSuffix: string;
  /** In the middle of a sentence: from a number of few digits. */
  readonly rough: (value: number, digits: number) => string;
  /** How a limit is written: each suffix with what it makes of the number. Without the suffix '' one must be given. */
  readonly suffixes: Readonly<Record<string, (number: number) => number>>;
  /** `expected a time such as 250ms or 1.5s` */
  readonly noun: string;
  readonly examples: string;
  readonly example: string;
}

const asIs = (number: number) => number;
const rounded = (value: number, digits: number) => Number(value.toPrecision(digits));

const percentages = {
  rough: (value, digits) => `${rounded(value * 100, digits)} %`,
  suffixes: { '%': (number) => number / 100, '': asIs },
  noun: 'a percentage',
  examples: '5% or 0.05',
  example: '5%',
} satisfies Partial<UnitWords>;

/** How the values of each unit are written, and the limits on them. */
export const units: Readonly<Record<Unit, UnitWords>> = {
  ms: {
    text: formatDuration,
    bare: formatMs,
    headSuffix: ' ms',
    rough: (value, digits) => `${rounded(value, digits)} ms`,
    suffixes: {
      ms: asIs,
      s: (number) => number * 1_000,
      m: (number) => number * 60_000,
      us: (number) => number * 0.001,
      // The micro sign of most keyboards, and the Greek letter that Unicode would rather see.
      '\u00b5s': (number) => number * 0.001,
      '\u03bcs': (number) => number * 0.001,
    },
    noun: 'a time',
    examples: '250ms or 1.5s',
    example: '250ms',
  },
  ratio: { text: formatPercent, bare: formatPercent, headSuffix: '', ...percentages },
  index: { text: formatIndex, bare: formatIndex, headSuffix: '', ...percentages },
  'per-second': {
    text: (value) => (value === undefined ? notAvailable : `${formatRate(value)}/s`),
    bare: formatRate,
    headSuffix: '',
    rough: (value, digits) => `${rounded(value, digits)}/s`,
    suffixes: { '': asIs, '/s': asIs },
    noun: 'requests per second',
    examples: '200 or 200/s',
    example: '200',
  },
};

/** A value with its unit: `1.53 s`, `4.20 %`. */
export function formatValue(unit: Unit, value: Value): string {
  return units[unit].text(value);
}

/** In few digits, for the middle of a sentence: `1530 ms`, `4.2 %`. */
export function formatRough(unit: Unit, value: number, digits = 3): string {
  return units[unit].rough(value, digits);
}
