import type { LogFormat } from '../../nginx/log-format.js';
import type { Shape } from '../dialect/dialect.js';
import { dialectOf } from '../dialect/dialects.js';
import type { LineMatcher } from './line-matcher.js';

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const quote = 0x22;
const backslash = 0x5c;
/** Of readings none of whose values lists attempts so far. */
const unknownAttempts = -1;

/** Bytes looked at in one line before it is given up, at least; a normal line takes some hundreds. */
const minWork = 2_000_000;
/** The same for each byte of a long line. */
const workPerByte = 16;

/**
 * Finds the readings of lines in which values can imitate the text between them (`escape=none`, columns separated by
 * bars or spaces). A line matches when all its readings agree on the variables that matter; else it is refused,
 * because guessing would let a client decide what is counted. Much slower than a program.
 */
export class SearchMatcher implements LineMatcher {
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  next = 0;
  reason = '';

  readonly #literals: readonly string[];
  readonly #shapes: readonly Shape[];
  readonly #names: readonly string[];
  /** Indexes of the variables that all readings must agree on. */
  readonly #critical: readonly number[];
  #work = 0;
  #maxWork = 0;
  #text = '';
  #dead = new Set<number>();
  #furthest = 0;
  #longest = false;
  /** Only readings are looked for in which nothing is unusual. */
  #certain = false;

  /** @param sockets addresses of the pool that look like lists */
  constructor(format: LogFormat, critical: ReadonlySet<string>, sockets: readonly string[] = []) {
    this.starts = new Int32Array(format.variables.length);
    this.ends = new Int32Array(format.variables.length);
    this.#literals = format.literals.map((literal) => Buffer.from(literal).toString('latin1'));
    const { shapeOf, shown } = dialectOf(format);
    this.#shapes = format.variables.map((name) => shapeOf(name, format.escape, sockets));
    this.#names = format.variables.map(shown);
    this.#critical = format.variables.flatMap((name, index) => (critical.has(name) ? [index] : []));
  }

  match(buffer: Uint8Array, start: number): boolean {
    const lineEnd = buffer.indexOf(lineFeed, start);
    this.next = lineEnd + 1;
    const end = lineEnd > start && buffer[lineEnd - 1] === carriageReturn ? lineEnd - 1 : lineEnd;
    return this.matchRange(buffer, start, end);
  }

  /** Matches `buffer` from `start` to `end`, line breaks and all. */
  matchRange(buffer: Uint8Array, start: number, end: number): boolean {
    this.#text = Buffer.from(buffer.buffer, buffer.byteOffset + start, end - start).toString('latin1');
    this.#work = 0;
    this.#maxWork = Math.max(minWork, workPerByte * this.#text.length);
    this.#furthest = 0;
    const first = this.#read(false, false);
    if (first === undefined) {
      this.reason =
        this.#work > this.#maxWork
          ? 'expected a line that can be taken apart, got one with too many readings'
          : `expected ${this.#expectation()} after ${this.#names[this.#furthest]}`;
      return false;
    }
    const reading = this.#isOnly(first, this.#read(true, false)) ? first : this.#certainReading();
    if (reading === undefined) {
      this.reason =
        'expected one reading of the line, got several: a value looks like the text between two values';
      return false;
    }
    for (let i = 0; i < this.#names.length; i++) {
      this.starts[i] = start + (reading[2 * i] as number);
      this.ends[i] = start + (reading[2 * i + 1] as number);
    }
    this.#text = '';
    return true;
  }

  #expectation(): string {
    const literal = this.#literals[this.#furthest + 1] as string;
    return literal === '' ? 'the end of the line' : JSON.stringify(literal);
  }

  /**
   * Of several readings, the one in which everything is as it nearly always is: all upstream variables list the same
   * number of attempts, and no socket path has a space.
   */
  #certainReading(): number[] | undefined {
    const first = this.#read(false, true);
    return first !== undefined && this.#isOnly(first, this.#read(true, true)) ? first : undefined;
  }

  /** Whether the shortest and the longest reading agree on what matters, so that all readings do. */
  #isOnly(first: readonly number[], last: readonly number[] | undefined): boolean {
    return (
      last !== undefined &&
      this.#critical.every((i) => first[2 * i] === last[2 * i] && first[2 * i + 1] === last[2 * i + 1])
    );
  }

  /** The reading with the shortest values on the left, or with the longest; `undefined` when there is none. */
  #read(longest: boolean, certain: boolean): number[] | undefined {
    const prefix = this.#literals[0] as string;
    if (!this.#text.startsWith(prefix)) return undefined;
    this.#dead.clear();
    this.#longest = longest;
    this.#certain = certain;
    const bounds: number[] = [];
    return this.#from(0, prefix.length, unknownAttempts, bounds) ? bounds : undefined;
  }

  /** Reads variable `i` and all behind it, from `position` on. @param attempts that the values before list */
  #from(i: number, position: number, attempts: number, bounds: number[]): boolean {
    const text = this.#text;
    const longest = this.#longest;
    if (i === this.#names.length) return position === text.length;
    const key = ((attempts + 1) * this.#names.length + i) * (text.length + 1) + position;
    if (this.#dead.has(key)) return false;
    const literal = this.#literals[i + 1] as string;
    const isLast = i === this.#names.length - 1;
    // The last literal stands at the end of the line.
    const onlyEnd = isLast ? text.length - literal.length : undefined;
    let end = onlyEnd ?? (longest ? text.lastIndexOf(literal) : text.indexOf(literal, position));
    while (end >= position && this.#work <= this.#maxWork) {
      this.#work += end - position + 1;
      if (i > this.#furthest) this.#furthest = i;
      if ((!isLast || text.endsWith(literal)) && this.#fits(i, position, end)) {
        const listed = this.#attempts(i, position, end, attempts);
        bounds[2 * i] = position;
        bounds[2 * i + 1] = end;
        if (listed !== undefined && this.#from(i + 1, end + literal.length, listed, bounds)) return true;
      }
      if (onlyEnd !== undefined) break;
      if (longest && end === 0) break;
      end = longest ? text.lastIndexOf(literal, end - 1) : text.indexOf(literal, end + 1);
    }
    this.#dead.add(key);
    return false;
  }

  /** The attempts listed so far, this value's among them; `undefined` when that is no certain reading. */
  #attempts(i: number, start: number, end: number, before: number): number | undefined {
    const { attemptsOf } = this.#shapes[i] as Shape;
    if (!this.#certain || attemptsOf === undefined) return before;
    const listed = attemptsOf(this.#text.slice(start, end));
    return before === unknownAttempts || before === listed ? listed : undefined;
  }

  #fits(i: number, start: number, end: number): boolean {
    const { alphabet, isValue, hidesQuotes } = this.#shapes[i] as Shape;
    let isHidden = false;
    for (let at = start; at < end; at++) {
      const byte = this.#text.charCodeAt(at);
      if (!alphabet(byte) && !(isHidden && byte === quote)) return false;
      isHidden = hidesQuotes === true && !isHidden && byte === backslash;
    }
    // A backslash at the end would hide what follows the value.
    if (isHidden) return false;
    return isValue === undefined || isValue(this.#text.slice(start, end));
  }
}
