import type { LogFormat } from '../../nginx/log-format.js';
import { ByteView } from '../../text/byte-view.js';
import type { LineMatcher } from './line-matcher.js';
import { type MatchLine, maxRepeatBytes, type Repeat, sourceOf } from './line-source.js';
import type { Step } from './program.js';
import { ProgramMatcher } from './program-matcher.js';

const timeNames: ReadonlySet<string> = new Set(['time_local', 'time_iso8601']);

/**
 * Runs a program as JavaScript that was generated for it, which takes usual lines. All others, those that do not match
 * among them, are the interpreter's.
 */
export class CompiledMatcher implements LineMatcher {
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  next = 0;
  readonly #interpreter: ProgramMatcher;
  readonly #match: MatchLine;
  readonly #repeat: Repeat = { version: 0, length: 0 };
  readonly #repeated: ReadonlySet<number>;
  readonly #view = new ByteView();

  /** @throws EvalError where code generation from strings is switched off */
  constructor(format: LogFormat, steps: readonly Step[]) {
    this.#interpreter = new ProgramMatcher(format, steps);
    this.starts = this.#interpreter.starts;
    this.ends = this.#interpreter.ends;
    const repeated = steps.find((step) => isRepeated(format, step));
    this.#repeated = new Set(repeated === undefined ? [] : variablesOf(repeated));
    const memory = new DataView(new ArrayBuffer(maxRepeatBytes));
    this.#match = new Function('R', 'M', sourceOf(format, steps, repeated))(
      this.#repeat,
      memory,
    ) as MatchLine;
  }

  get reason(): string {
    return this.#interpreter.reason;
  }

  get version(): number {
    return this.#repeat.version;
  }

  isVersioned(variable: number): boolean {
    return this.#repeated.has(variable);
  }

  match(buffer: Uint8Array, start: number): boolean {
    const next = this.#match(buffer, this.#view.of(buffer), start, this.starts, this.ends);
    if (next === 0) return this.#interpret(buffer, start);
    this.next = next;
    return true;
  }

  #interpret(buffer: Uint8Array, start: number): boolean {
    const interpreter = this.#interpreter;
    const matches = interpreter.match(buffer, start);
    this.next = interpreter.next;
    this.#repeat.length = 0;
    this.#repeat.version++;
    return matches;
  }
}

/** A stretch with the time of a line: the same on the next line as a rule, down to the last byte. */
function isRepeated(format: LogFormat, step: Step): boolean {
  return (
    step.kind === 'anchor' &&
    step.at !== undefined &&
    variablesOf(step).some((variable) => timeNames.has(format.variables[variable] ?? ''))
  );
}

function variablesOf(step: Step): number[] {
  return step.kind === 'anchor' ? [step.first, ...step.backward.map(({ variable }) => variable)] : [];
}
