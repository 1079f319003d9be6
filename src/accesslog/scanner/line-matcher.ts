import type { ProgramMatcher } from './program-matcher.js';

/**
 * Takes lines of one format apart. After a match `starts[i]` and `ends[i]` bound the value of variable `i` of the
 * format in the buffer that was given.
 */
export interface LineMatcher {
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** Offset behind the line break of the line that was looked at, whether it matched or not. */
  next: number;
  /** After a line that did not match: what was expected, for people. */
  readonly reason: string;
  /**
   * Matches the line that starts at `start`. The buffer must hold the line's `\n`; a `\r` before it is not part of
   * the line.
   */
  match(buffer: Uint8Array, start: number): boolean;
  /** What of it the scanner runs by itself; `undefined` where it takes more. */
  readonly program?: ProgramMatcher;
}
