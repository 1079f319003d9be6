import type { LogFormat } from '../../nginx/log-format.js';
import { ByteView } from '../../text/byte-view.js';
import { shown } from '../../text/shown.js';
import { dialectOf } from '../dialect/dialects.js';
import type { LineMatcher } from './line-matcher.js';
import { type MatchLine, maxRepeatBytes, type Repeat, sourceOf, spareBytes } from './line-source.js';
import type { Step } from './program.js';

const lineFeed = 0x0a;

/** Runs a program as JavaScript that was generated for it. */
export class CompiledMatcher implements LineMatcher {
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  next = 0;
  readonly #format: LogFormat;
  readonly #steps: readonly Step[];
  readonly #match: MatchLine;
  readonly #repeat: Repeat = { version: 0, length: 0 };
  readonly #repeated: ReadonlySet<number>;
  readonly #view = new ByteView();
  #missed = 0;

  /** @throws EvalError where code generation from strings is switched off */
  constructor(format: LogFormat, steps: readonly Step[]) {
    this.#format = format;
    this.#steps = steps;
    this.starts = new Int32Array(format.variables.length);
    this.ends = new Int32Array(format.variables.length);
    const repeated = steps.find((step) => isRepeated(format, step));
    this.#repeated = new Set(repeated === undefined ? [] : variablesOf(repeated));
    const memory = new DataView(new ArrayBuffer(maxRepeatBytes));
    this.#match = new Function('R', 'M', sourceOf(format, steps, repeated))(
      this.#repeat,
      memory,
    ) as MatchLine;
  }

  get reason(): string {
    return reasonOf(this.#format, this.#steps[this.#missed]);
  }

  get version(): number {
    return this.#repeat.version;
  }

  isVersioned(variable: number): boolean {
    return this.#repeated.has(variable);
  }

  match(buffer: Uint8Array, start: number): boolean {
    const next = this.#match(buffer, this.#view.of(buffer), start, this.starts, this.ends);
    if (next < 0) return this.#isLastOne(buffer, start, next);
    this.next = next;
    return true;
  }

  /** A line that did not fit, for want of bytes behind it perhaps: then a copy has them. */
  #isLastOne(buffer: Uint8Array, start: number, missed: number): boolean {
    const end = buffer.indexOf(lineFeed, start) + 1;
    this.next = end;
    let result = missed;
    if (end + spareBytes > buffer.length) {
      const copy = new Uint8Array(end - start + spareBytes);
      copy.set(buffer.subarray(start, end));
      result = this.#match(copy, this.#view.of(copy), 0, this.starts, this.ends);
      for (let i = 0; i < this.starts.length; i++) {
        this.starts[i] = (this.starts[i] as number) + start;
        this.ends[i] = (this.ends[i] as number) + start;
      }
    }
    if (result >= 0) return true;
    this.#missed = ~result;
    this.forget();
    return false;
  }

  /** Takes nothing of the next line for a repetition. */
  forget(): void {
    this.#repeat.length = 0;
    this.#repeat.version++;
  }
}

/** A stretch with the time of a line: the same on the next line as a rule, down to the last byte. */
function isRepeated(format: LogFormat, step: Step): boolean {
  const { shapeOf } = dialectOf(format);
  return (
    step.kind === 'anchor' &&
    step.at !== undefined &&
    variablesOf(step).some(
      (variable) => shapeOf(format.variables[variable] ?? '', format.escape, []).isSteady === true,
    )
  );
}

function variablesOf(step: Step): number[] {
  return step.kind === 'anchor' ? [step.first, ...step.backward.map(({ variable }) => variable)] : [];
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
