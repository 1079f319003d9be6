import type { LogFormat, ObjectLayout } from '../../nginx/log-format.js';
import type { LineMatcher } from './line-matcher.js';

const lineFeed = 0x0a;
const space = 0x20;
const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const bracket = 0x5b;
const backslash = 0x5c;
const closingBracket = 0x5d;
const brace = 0x7b;
const closingBrace = 0x7d;
/** Where no variable is. */
const none = -1;

/** A member that is looked for, or one on the way to such. */
interface Member {
  readonly name: Uint8Array;
  variable: number;
  readonly members: Member[];
}

/**
 * Takes lines apart that are JSON objects, by the names of their members: whichever of them are there, in whatever order. A value
 * is what stands between the quotes, or a number as written; of an array it is the first element. What is missing, and
 * `null`, is empty. A member that stands there twice makes a line unfit: only a client can have added the second one.
 */
export class ObjectMatcher implements LineMatcher {
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  next = 0;
  reason = '';
  readonly #members: Member[] = [];
  readonly #needed: ObjectLayout['needed'];
  readonly #names: readonly string[];
  /** By variable, the line in which it was seen last. */
  readonly #seenIn: Int32Array;
  #line = 0;

  constructor({ variables }: LogFormat, { paths, needed }: ObjectLayout) {
    this.starts = new Int32Array(variables.length);
    this.ends = new Int32Array(variables.length);
    this.#seenIn = new Int32Array(variables.length);
    this.#needed = needed;
    this.#names = paths.map((path) => path.join('.'));
    paths.forEach((path, variable) => {
      let members = this.#members;
      path.forEach((name, index) => {
        const bytes = Buffer.from(name);
        let member = members.find((one) => bytes.equals(one.name));
        if (member === undefined) {
          member = { name: bytes, variable: none, members: [] };
          members.push(member);
        }
        if (index === path.length - 1) member.variable = variable;
        members = member.members;
      });
    });
  }

  match(buffer: Uint8Array, start: number): boolean {
    const lineEnd = buffer.indexOf(lineFeed, start);
    this.next = lineEnd + 1;
    this.starts.fill(start);
    this.ends.fill(start);
    this.#line = (this.#line + 1) | 0;
    this.reason = 'expected a JSON object, got other text or one that is cut off';
    const first = behindBlanks(buffer, start);
    if (buffer[first] !== brace) return false;
    const end = this.#object(buffer, first, lineEnd, this.#members);
    if (end < 0 || behindBlanks(buffer, end) !== lineEnd) return false;
    for (const variables of this.#needed) {
      if (variables.some((variable) => this.#seenIn[variable] === this.#line)) continue;
      this.reason = `expected an object with ${variables.map((variable) => JSON.stringify(this.#names[variable])).join(' or ')}, got one without`;
      return false;
    }
    return true;
  }

  /** Reads the object at `at`. @returns where it ends; -1 for what is none */
  #object(buffer: Uint8Array, start: number, end: number, members: readonly Member[]): number {
    let at = behindBlanks(buffer, start + 1);
    if (buffer[at] === closingBrace) return at + 1;
    // Members mostly come in the same order.
    let expected = 0;
    for (;;) {
      if (buffer[at] !== quote) return -1;
      const name = at + 1;
      const nameEnd = endOfText(buffer, name, end);
      if (nameEnd < 0) return -1;
      at = behindBlanks(buffer, nameEnd + 1);
      if (buffer[at] !== colon) return -1;
      at = behindBlanks(buffer, at + 1);
      const index = indexOf(members, buffer, name, nameEnd, expected);
      if (index < 0) {
        at = behindValue(buffer, at, end);
      } else {
        expected = index + 1;
        at = this.#value(buffer, at, end, members[index] as Member);
      }
      if (at < 0) return -1;
      at = behindBlanks(buffer, at);
      if (buffer[at] === closingBrace) return at + 1;
      if (buffer[at] !== comma) return -1;
      at = behindBlanks(buffer, at + 1);
    }
  }

  #value(buffer: Uint8Array, at: number, end: number, { variable, members }: Member): number {
    const byte = buffer[at];
    if (byte === brace && members.length > 0) return this.#object(buffer, at, end, members);
    const valueEnd = behindValue(buffer, at, end);
    if (variable === none || valueEnd < 0 || byte === brace) return valueEnd;
    if (this.#seenIn[variable] === this.#line) {
      this.reason = `expected each member once, got ${JSON.stringify(this.#names[variable])} again`;
      return -1;
    }
    this.#seenIn[variable] = this.#line;
    const first = byte === bracket ? behindBlanks(buffer, at + 1) : at;
    const firstEnd = byte === bracket ? behindValue(buffer, first, end, true) : valueEnd;
    if (buffer[first] === quote) {
      this.starts[variable] = first + 1;
      this.ends[variable] = firstEnd - 1;
    } else if (
      firstEnd > 0 &&
      buffer[first] !== 0x6e &&
      buffer[first] !== bracket &&
      buffer[first] !== brace
    ) {
      this.starts[variable] = first;
      this.ends[variable] = firstEnd;
    }
    return valueEnd;
  }
}

/** The index of the member of that name, which is looked for from `expected` on; -1 when there is none. */
function indexOf(
  members: readonly Member[],
  buffer: Uint8Array,
  start: number,
  end: number,
  expected: number,
): number {
  for (let i = 0; i < members.length; i++) {
    const index = expected + i < members.length ? expected + i : expected + i - members.length;
    const { name } = members[index] as Member;
    if (name.length !== end - start) continue;
    let k = 0;
    while (k < name.length && name[k] === buffer[start + k]) k++;
    if (k === name.length) return index;
  }
  return -1;
}

/** Where the quote stands that ends a text. */
function endOfText(buffer: Uint8Array, start: number, end: number): number {
  for (let at = start; at < end; at++) {
    const byte = buffer[at];
    if (byte === quote) return at;
    if (byte === backslash) at++;
  }
  return -1;
}

/** Goes behind any value. @returns -1 for what is none */
function behindValue(buffer: Uint8Array, start: number, end: number, isElement = false): number {
  const first = buffer[start];
  if (first === quote) return endOfText(buffer, start + 1, end) + 1 || -1;
  if (first !== brace && first !== bracket) return behindBare(buffer, start, end, isElement);
  let depth = 0;
  for (let at = start; at < end; at++) {
    const byte = buffer[at];
    if (byte === quote) {
      at = endOfText(buffer, at + 1, end);
      if (at < 0) return -1;
    } else if (byte === brace || byte === bracket) {
      depth++;
    } else if (byte === closingBrace || byte === closingBracket) {
      depth--;
      if (depth === 0) return at + 1;
    }
  }
  return -1;
}

/**
 * Goes behind a number, `true`, `false` or `null`, and behind what nginx writes where a format has no quotes around a value:
 * nothing, `-`, or a list of attempts (`-, 0.020`).
 */
function behindBare(buffer: Uint8Array, start: number, end: number, isElement: boolean): number {
  let last = start;
  for (let at = start; at < end; at++) {
    const byte = buffer[at] as number;
    if (byte === closingBrace || byte === closingBracket || byte === quote) return last;
    if (byte === comma && (isElement || !isOfNumber(buffer[behindBlanks(buffer, at + 1)] as number)))
      return last;
    if (byte > space) last = at + 1;
  }
  return -1;
}

function isOfNumber(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || byte === 0x2d;
}

function behindBlanks(buffer: Uint8Array, at: number): number {
  let end = at;
  while (buffer[end] === space || buffer[end] === 0x09 || buffer[end] === 0x0d) end++;
  return end;
}
