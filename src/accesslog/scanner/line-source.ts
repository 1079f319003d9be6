import type { LogFormat } from '../../nginx/log-format.js';
import type { Backward, Step } from './program.js';

/**
 * A generated function: takes the line apart that starts at `start` and returns the offset behind its line feed, or
 * `~step` for the step that did not fit; behind the last step that is the end of the line. Needs `spareBytes` behind the
 * line feed, without which a line may seem not to fit.
 */
export type MatchLine = (
  buffer: Uint8Array,
  view: DataView,
  start: number,
  starts: Int32Array,
  ends: Int32Array,
) => number;

/** A stretch of a line that is the same on the next line as a rule. */
export interface Repeat {
  /** Counts the changes of the stretch. */
  version: number;
  /** Length of the stretch remembered, 0 for none. */
  length: number;
}

/** Bytes that are looked at together. */
export const spareBytes = 8;

/** Longest stretch of a line that is remembered. */
export const maxRepeatBytes = 64;

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const space = 0x20;
const backslash = 0x5c;

/**
 * Source of a function of (`R`: Repeat, `M`: DataView of its bytes) that returns a `MatchLine`. It consists of fixed
 * text and integers alone; no text of the format, let alone of a log, becomes code.
 *
 * The line's end is not looked for first. No value holds a control character, as balancers escape them, so each search
 * for the end of a value stops at one as well, the line feed among them.
 */
export function sourceOf(format: LogFormat, steps: readonly Step[], repeated: Step | undefined): string {
  const lines = [
    `var O = new Int32Array(${2 * format.variables.length});`,
    'return (b, v, p, S, E) => {',
    `const end = v.byteLength, last = end - ${spareBytes} | 0;`,
    'let q = p, w = 0, k = 0, r = 0;',
  ];
  let isOpen = true;
  steps.forEach((step, index) => {
    const source = stepSource(step).map((line) => line.replaceAll('MISS', String(~index)));
    lines.push(...(step === repeated && step.kind === 'anchor' ? repeating(step, source) : source));
    if (step.kind === 'rest' || (step.kind === 'anchor' && step.at === undefined)) isOpen = false;
  });
  if (isOpen)
    lines.push(
      `if (b[p] === ${carriageReturn}) p++;`,
      `if (b[p] !== ${lineFeed}) return ${~steps.length};`,
      'return p + 1;',
    );
  return [...lines, '};'].join('\n');
}

/**
 * Where an anchored stretch ends and what is in it depends on its bytes alone. So when they are those of the stretch
 * remembered, compared four at a time, everything is where it was.
 */
function repeating(step: Extract<Step, { kind: 'anchor' }>, source: readonly string[]): string[] {
  const variables = [step.first, ...step.backward.map(({ variable }) => variable)];
  return [
    'w = R.length; k = 0;',
    'if (w !== 0 && p + w <= end) {',
    '  while (k + 4 <= w && v.getInt32(p + k) === M.getInt32(k)) k += 4;',
    '  while (k < w && v.getUint8(p + k) === M.getUint8(k)) k++;',
    '}',
    'if (w !== 0 && k === w) {',
    ...variables.map((i) => `S[${i}] = p + O[${2 * i}]; E[${i}] = p + O[${2 * i + 1}];`),
    'p += w;',
    '} else {',
    'R.length = 0; R.version++;',
    'const from = p;',
    ...source,
    `if (p - from <= ${maxRepeatBytes}) {`,
    '  R.length = p - from;',
    '  for (k = 0; k < p - from; k++) M.setUint8(k, b[from + k]);',
    ...variables.map((i) => `  O[${2 * i}] = S[${i}] - from; O[${2 * i + 1}] = E[${i}] - from;`),
    '}',
    '}',
  ];
}

/** Of one step; `MISS` stands for what is returned when it does not fit. */
function stepSource(step: Step): string[] {
  const behind = (literal: Uint8Array) => [same(literal, 'q'), `p = q + ${literal.length};`];
  const bounds = (variable: number) => `S[${variable}] = p; E[${variable}] = q;`;
  switch (step.kind) {
    case 'literal':
      return behind(step.literal);
    case 'status':
      return [
        ...[0, 1, 2].map((i) => `if (!(b[p + ${i}] >= 48 && b[p + ${i}] <= 57)) return MISS;`),
        `q = p + 3; ${bounds(step.variable)}`,
        ...behind(step.literal),
      ];
    case 'rest':
      return [endOfLine, bounds(step.variable), 'return r;'];
    case 'forward': {
      const byte = step.literal[step.at] as number;
      return [
        step.escaped ? escapedSearch(byte) : search(byte),
        ...(step.at > 0 ? [`q -= ${step.at}; if (q < p) return MISS;`] : []),
        bounds(step.variable),
        ...behind(step.literal),
      ];
    }
    case 'anchor': {
      const { literal, at, backward } = step;
      const found = at === undefined ? [endOfLine, 'w = r;'] : [search(literal[at] as number)];
      return [
        ...found,
        `q -= ${at ?? literal.length}; if (q < p) return MISS;`,
        same(literal, 'q'),
        'r = q;',
        ...backward.flatMap(backwardSource),
        `S[${step.first}] = p; E[${step.first}] = r; p = q + ${literal.length};`,
        ...(at === undefined ? ['return w;'] : []),
      ];
    }
  }
}

function backwardSource({ variable, width, literal, at }: Backward): string[] {
  return [
    width !== undefined
      ? `k = r - ${width};`
      : `k = r - 1; while (k >= p && b[k] !== ${literal[at]}) k--; k += ${literal.length - at};`,
    `if (k - ${literal.length} < p || k > r) return MISS;`,
    same(literal, `k - ${literal.length}`),
    `S[${variable}] = k; E[${variable}] = r; r = k - ${literal.length};`,
  ];
}

/** Puts q at the end of the line and r behind its line feed. */
const endOfLine = [
  'q = p;',
  firstOf([zeroBytes(lineFeed)]),
  `if (b[q] !== ${lineFeed}) return MISS;`,
  `r = q + 1; if (q > p && b[q - 1] === ${carriageReturn}) q--;`,
].join('\n');

/** Puts q at the first such byte from p on. */
function search(byte: number): string {
  return ['q = p;', firstOf(stopsAt(byte)), `if (b[q] !== ${byte}) return MISS;`].join('\n');
}

/** The same where a backslash hides the byte after it. */
function escapedSearch(byte: number): string {
  return [
    'q = p;',
    'for (;;) {',
    firstOf([...stopsAt(byte), zeroBytes(backslash)]),
    `if (b[q] !== ${backslash}) break;`,
    `if (!(b[q + 1] >= ${space})) return MISS;`,
    'q += 2;',
    '}',
    `if (b[q] !== ${byte}) return MISS;`,
  ].join('\n');
}

/** Tests for a byte and for control characters. */
function stopsAt(byte: number): string[] {
  if (byte < space) return [bytesBelow(space)];
  return byte === space ? [bytesBelow(space + 1)] : [bytesBelow(space), zeroBytes(byte)];
}

/**
 * Moves q to the first byte that one of the tests finds, four bytes at a time. The lowest bit that a test leaves set
 * belongs to the first byte of its kind, whatever the bits above it say (Mycroft 1987), so the lowest of all is true.
 */
function firstOf(tests: readonly string[]): string {
  const test = (at: string) =>
    `w = v.getInt32(${at}, true); k = (${tests.join(' | ')}) & 0x80808080; if (k !== 0)`;
  return [
    'for (k = 0; q <= last; q = q + 8 | 0) {',
    `  ${test('q')} break;`,
    `  ${test('q + 4 | 0')} { q = q + 4 | 0; break; }`,
    '}',
    // Near the end of the buffer there are no eight bytes to look at.
    'if (k === 0) return MISS;',
    'q = q + (31 - Math.clz32(k & -k) >> 3) | 0;',
  ].join('\n');
}

/** Sets the highest bit of bytes in `w` that are this one. */
function zeroBytes(byte: number): string {
  const word = Math.imul(byte, 0x01010101);
  return `(((w ^ ${word}) - 0x01010101) & ~(w ^ ${word}))`;
}

/** Sets the highest bit of bytes in `w` that are below a number of at most 128. */
function bytesBelow(limit: number): string {
  return `((w - ${Math.imul(limit, 0x01010101)}) & ~w)`;
}

/** Compares a literal, four bytes at a time. */
function same(literal: Uint8Array, from: string): string {
  if (literal.length === 0) return '';
  const view = new DataView(literal.buffer, literal.byteOffset, literal.byteLength);
  const tests = [`${from} + ${literal.length} > end`];
  for (let i = 0; i < literal.length; ) {
    const left = literal.length - i;
    const at = `(${from} + ${i} | 0)`;
    if (left >= 4) tests.push(`v.getInt32${at} !== ${view.getInt32(i)}`);
    else if (left >= 2) tests.push(`v.getInt16${at} !== ${view.getInt16(i)}`);
    else tests.push(`b[${at}] !== ${literal[i]}`);
    i += left >= 4 ? 4 : left >= 2 ? 2 : 1;
  }
  return `if (${tests.join(' || ')}) return MISS;`;
}
