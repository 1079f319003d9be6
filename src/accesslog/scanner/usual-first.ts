import type { Shape } from '../dialect/dialect.js';
import type { CompiledMatcher } from './compiled-matcher.js';
import type { LineMatcher } from './line-matcher.js';

const space = 0x20;
const colon = 0x3a;

/**
 * Reads most lines of formats that need more than a program with one: those in which every value is of its usual shape,
 * one attempt instead of a list, no quote among what is quoted. Such a line has no other reading. A longer value would
 * have a separator of lists where this one ends, and one with a quote in it would leave too few for the format. Of objects
 * it is the lines that have the usual members in their usual order.
 */
export class UsualFirst implements LineMatcher {
  next = 0;
  #current: LineMatcher;
  /** By variable and byte: whether its usual shape has that byte. */
  readonly #allowed: Uint8Array;

  /** @param usual by variable, the shape of which its values must be; `undefined` where what the program finds is certain */
  constructor(
    private readonly program: CompiledMatcher,
    private readonly usual: readonly (Pick<Shape, 'alphabet'> | undefined)[],
    private readonly search: LineMatcher,
  ) {
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
      for (let at = starts[variable] as number; at < end; at++)
        if (allowed[row + (buffer[at] as number)] === 0) return false;
      if (buffer[end] === space && buffer[end + 1] === colon && buffer[end + 2] === space) return false;
    }
    return true;
  }
}
