import type { LogFormat } from '../../nginx/log-format.js';
import { shown } from '../../text/shown.js';
import type { Shape } from '../dialect/dialect.js';
import { dialectOf } from '../dialect/dialects.js';
import * as at from './layout.js';
import type { LineMatcher } from './line-matcher.js';
import type { Backward, Step } from './program.js';
import type { Scanner } from './scanner.js';

const kinds = {
  literal: at.stepLiteral,
  status: at.stepStatus,
  forward: at.stepForward,
  rest: at.stepRest,
  anchor: at.stepForward,
} as const;

/** Has the scanner run a program. */
export class ProgramMatcher implements LineMatcher {
  /** In the scanner's memory. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  next = 0;
  /** Where the program stands. */
  readonly address: number;
  readonly program = this;
  readonly #firstStep: number;

  /**
   * @param usual by variable, the shape that its values have in lines in which everything is as usual, of a program that reads
   * no others; `undefined` where what the program finds is certain
   * @param literals of the format, where a space alone may stand between two such values
   */
  constructor(
    readonly scanner: Scanner,
    private readonly format: LogFormat,
    private readonly steps: readonly Step[],
    usual: readonly (Pick<Shape, 'alphabet'> | undefined)[] = [],
    literals: readonly Uint8Array[] = [],
  ) {
    const bytes = 4 * format.variables.length;
    const [starts, ends] = [scanner.allocate(bytes), scanner.allocate(bytes)];
    this.starts = scanner.words.subarray(starts / 4, (starts + bytes) / 4);
    this.ends = scanner.words.subarray(ends / 4, (ends + bytes) / 4);
    this.#firstStep = writeSteps(scanner, steps);
    const checked = usual.flatMap((shape, variable) => (shape === undefined ? [] : [{ variable, shape }]));
    const checks = scanner.allocate(checked.length * at.checkSize);
    checked.forEach(({ variable, shape }, index) => {
      const allowed = scanner.allocate(256);
      for (let byte = 0; byte < 256; byte++) scanner.bytes[allowed + byte] = shape.alphabet(byte) ? 1 : 0;
      const check = checks + index * at.checkSize;
      scanner.set(check, at.checkVariable, variable);
      scanner.set(check, at.checkAllowed, allowed);
      const before = literals[variable];
      scanner.set(check, at.checkBehindSpace, before?.length === 1 && before[0] === space ? 1 : 0);
    });
    this.address = scanner.allocate(at.programSize);
    scanner.set(this.address, at.programStarts, starts);
    scanner.set(this.address, at.programEnds, ends);
    scanner.set(this.address, at.programSteps, this.#firstStep);
    scanner.set(this.address, at.programStepsEnd, this.#firstStep + steps.length * at.stepSize);
    scanner.set(this.address, at.programChecks, checks);
    scanner.set(this.address, at.programChecksEnd, checks + checked.length * at.checkSize);
  }

  get reason(): string {
    const missed = this.scanner.get(this.address, at.programMissed) - this.#firstStep;
    return reasonOf(this.format, this.steps[missed / at.stepSize]);
  }

  match(buffer: Uint8Array, start: number): boolean {
    const { scanner, address } = this;
    if (buffer !== scanner.bytes) return this.#matchCopy(buffer, start);
    const next = scanner.match(address, start);
    this.next = next === 0 ? buffer.indexOf(lineFeed, start) + 1 : next;
    return next !== 0;
  }

  /** Of a line that does not lie in the scanner's memory. */
  #matchCopy(buffer: Uint8Array, start: number): boolean {
    const { scanner, starts, ends } = this;
    this.next = buffer.indexOf(lineFeed, start) + 1;
    const copy = scanner.copyOf(buffer, start, this.next);
    if (scanner.match(this.address, copy) === 0) return false;
    for (let i = 0; i < starts.length; i++) {
      // What stands nowhere in the program is empty.
      if (ends[i] === 0) continue;
      starts[i] = (starts[i] as number) - copy + start;
      ends[i] = (ends[i] as number) - copy + start;
    }
    return true;
  }
}

const lineFeed = 0x0a;
const space = 0x20;

function writeSteps(scanner: Scanner, steps: readonly Step[]): number {
  const first = scanner.allocate(steps.length * at.stepSize);
  steps.forEach((step, index) => {
    const address = first + index * at.stepSize;
    const isLast = step.kind === 'anchor' && step.at === undefined;
    const isEscaped = step.kind === 'forward' && step.escaped;
    const kind = isLast ? at.stepRest : isEscaped ? at.stepEscaped : kinds[step.kind];
    scanner.set(address, at.stepKind, kind);
    if (step.kind === 'literal') writeText(scanner, address, step.literal, undefined);
    else if (step.kind === 'anchor') {
      scanner.set(address, at.stepVariable, step.first);
      writeText(scanner, address, step.literal, step.at);
      if (isLast) scanner.set(address, at.stepBefore, step.literal.length);
      const backward = writeBackward(scanner, step.backward);
      scanner.set(address, at.stepBackward, backward);
      scanner.set(address, at.stepBackwardEnd, backward + step.backward.length * at.stepSize);
    } else {
      scanner.set(address, at.stepVariable, step.variable);
      if (step.kind !== 'rest')
        writeText(scanner, address, step.literal, step.kind === 'forward' ? step.at : undefined);
    }
  });
  return first;
}

/** In the order in which they are taken. */
function writeBackward(scanner: Scanner, values: readonly Backward[]): number {
  const first = scanner.allocate(values.length * at.stepSize);
  values.forEach(({ variable, width, literal, at: looked }, index) => {
    const address = first + index * at.stepSize;
    scanner.set(address, at.stepVariable, variable);
    scanner.set(address, at.stepWidth, width ?? -1);
    writeText(scanner, address, literal, width === undefined ? looked : undefined);
  });
  return first;
}

/** @param looked the byte of the literal that is looked for */
function writeText(scanner: Scanner, step: number, literal: Uint8Array, looked: number | undefined): void {
  const text = scanner.allocate(literal.length);
  scanner.bytes.set(literal, text);
  scanner.set(step, at.stepText, text);
  scanner.set(step, at.stepLength, literal.length);
  const head = Math.min(8, literal.length);
  scanner.bytes.set(literal.subarray(0, head), step + at.stepHead);
  scanner.bytes.fill(0xff, step + at.stepMask, step + at.stepMask + head);
  if (looked === undefined) return;
  scanner.set(step, at.stepByte, literal[looked] as number);
  scanner.set(step, at.stepBefore, looked);
}

/** Why a line did not match, for people; `undefined` for the end of the line behind the last step. */
function reasonOf(format: LogFormat, step: Step | undefined): string {
  const dialect = dialectOf(format);
  if (step === undefined) return 'expected the end of the line, got more text';
  if (step.kind === 'literal') return `expected ${textOf(step.literal)} at the start of the line`;
  const variable = step.kind === 'anchor' ? step.first : step.variable;
  const names = format.variables.slice(
    variable,
    variable + 1 + (step.kind === 'anchor' ? step.backward.length : 0),
  );
  const literal = format.literals[variable + names.length];
  const named = names.map((name) => dialect.shown(name)).join(', ');
  if (step.kind === 'status') return `expected three digits of ${named} and ${textOf(literal)} after them`;
  return `expected ${textOf(literal)} after ${named}`;
}

function textOf(literal: Uint8Array | undefined): string {
  return literal === undefined || literal.length === 0
    ? 'the end of the line'
    : shown(Buffer.from(literal).toString('utf8'));
}
