import type { Shape } from '../dialect/dialect.js';
import type { CompiledMatcher } from './compiled-matcher.js';
import type { LineMatcher } from './line-matcher.js';

const space = 0x20;
const comma = 0x2c;
const colon = 0x3a;

/**
 * Reads most lines of formats that need more than a program with one: those in which every value is of its usual shape,
 * one attempt instead of a list, no quote among what is quoted. Such a line has no other reading. A longer value would
 * have a separator of lists where this one ends, or where it begins behind a value that anything may stand in, and one with a
 * quote in it would leave too few for the format. Of objects it is the lines that have the usual members in their usual order.
 */
export class UsualFirst implements LineMatcher {
  next = 0;
  #current: LineMatcher;
  /** By variable and byte: whether its usual shape has that byte. */
  readonly #allowed: Uint8Array;
  /** By variable: whether nothing but a space stands between it and the one before. */
  readonly #isBehindSpace: readonly boolean[];

  /**
   * @param usual by variable, the shape of which its values must be; `undefined` where what the program finds is certain
   * @param literals of the format, where a space alone may stand between two values
   */
  constructor(
    private readonly program: CompiledMatcher,
    private readonly usual: readonly (Pick<Shape, 'alphabet'> | undefined)[],
    private readonly search: LineMatcher,
    literals: readonly Uint8Array[] = [],
  ) {
    this.#isBehindSpace = literals.map((literal) => literal.length === 1 && literal[0] === space);
    this.#current = program;
    this.#allowed = new Uint8Array(256 * usual.length);
    usual.forEach((shape, variable) => {
      for (let byte = 0; byte < 256; byte++)
        this.#allowed[256 * variable + byte] = shape?.alphabet(byte) === true ? 1 : 0;
    });
  }

  get starts(): Int32Array {
    return this.#current.starts;
  }

  get ends(): Int32Array {
    return this.#current.ends;
  }

  get reason(): string {
    return this.search.reason;
  }

  /** A line that the program does not read makes what comes next new to it. */
  get version(): number {
    return this.program.version;
  }

  isVersioned(variable: number): boolean {
    return this.program.isVersioned(variable);
  }

  match(buffer: Uint8Array, start: number): boolean {
    const { program, search } = this;
    this.#current = program;
    let isMatch = program.match(buffer, start) && this.#isUsual(buffer);
    if (!isMatch) {
      program.forget();
      this.#current = search;
      isMatch = search.match(buffer, start);
    }
    this.next = this.#current.next;
    return isMatch;
  }

  #isUsual(buffer: Uint8Array): boolean {
    const { starts, ends } = this.program;
    const allowed = this.#allowed;
    for (let variable = 0; variable < this.usual.length; variable++) {
      if (this.usual[variable] === undefined) continue;
      const [row, end] = [256 * variable, ends[variable] as number];
      const start = starts[variable] as number;
      if (this.#isBehindSpace[variable] === true && isBehindSeparator(buffer, start)) return false;
      for (let at = start; at < end; at++) if (allowed[row + (buffer[at] as number)] === 0) return false;
      if (buffer[end] === space && buffer[end + 1] === colon && buffer[end + 2] === space) return false;
    }
    return true;
  }
}

/** Whether `, ` or ` : ` stands before a value, of which its start is then not certain. */
function isBehindSeparator(buffer: Uint8Array, start: number): boolean {
  const before = buffer[start - 2];
  return before === comma || (before === colon && buffer[start - 3] === space);
}
