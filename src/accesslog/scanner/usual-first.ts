import type { LineMatcher } from './line-matcher.js';
import type { ProgramMatcher } from './program-matcher.js';

/**
 * Reads most lines of formats that need more than a program with one: those in which every value is of its usual shape,
 * one attempt instead of a list, no quote among what is quoted. Such a line has no other reading. A longer value would
 * have a separator of lists where this one ends, or where it begins behind a value that anything may stand in, and one with a
 * quote in it would leave too few for the format. Of objects it is the lines that have the usual members in their usual order.
 */
export class UsualFirst implements LineMatcher {
  next = 0;
  #current: LineMatcher;

  /** @param program that takes no other lines */
  constructor(
    readonly program: ProgramMatcher,
    private readonly search: LineMatcher,
  ) {
    this.#current = program;
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

  match(buffer: Uint8Array, start: number): boolean {
    this.#current = this.program;
    let isMatch = this.program.match(buffer, start);
    if (!isMatch) {
      this.#current = this.search;
      isMatch = this.search.match(buffer, start);
    }
    this.next = this.#current.next;
    return isMatch;
  }
}
