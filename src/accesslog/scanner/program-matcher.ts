import type { LogFormat } from '../../nginx/log-format.js';
import type { LineMatcher } from './line-matcher.js';
import type { Backward, Step } from './program.js';
import { reasonOf } from './reason.js';

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const backslash = 0x5c;

const Op = { status: 0, forward: 1, escaped: 2, rest: 3, anchor: 4, end: 5 } as const;

/** Numbers a step takes in the program. */
const stride = 8;

/**
 * Interprets a program, one byte after the other and without strings, where no code may be generated from it. The
 * program is an array of small integers.
 */
export class ProgramMatcher implements LineMatcher {
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  next = 0;
  readonly version = 0;

  readonly #format: LogFormat;
  readonly #steps: readonly Step[];
  readonly #program: Int32Array;
  readonly #pool: Uint8Array;
  readonly #prefixLength: number;
  readonly #backwards: readonly (readonly Backward[])[];
  #failedAt = 0;

  constructor(format: LogFormat, steps: readonly Step[]) {
    this.#format = format;
    this.#steps = steps;
    this.starts = new Int32Array(format.variables.length);
    this.ends = new Int32Array(format.variables.length);
    const pool: number[] = [];
    const program: number[] = [];
    const backwards: (readonly Backward[])[] = [];
    const add = (op: number, variable: number, literal: Uint8Array, byte: number, at: number) => {
      program.push(op, variable, pool.length, literal.length, byte, at, 0, 0);
      pool.push(...literal);
    };
    let prefixLength = 0;
    let isOpen = true;
    for (const step of steps) {
      if (step.kind === 'literal') {
        prefixLength = step.literal.length;
        pool.push(...step.literal);
      } else if (step.kind === 'status') {
        add(Op.status, step.variable, step.literal, 0, 0);
      } else if (step.kind === 'forward') {
        const { variable, literal, at } = step;
        add(step.escaped ? Op.escaped : Op.forward, variable, literal, literal[at] as number, at);
      } else if (step.kind === 'rest') {
        add(Op.rest, step.variable, new Uint8Array(), lineFeed, 0);
        isOpen = false;
      } else {
        const byte = step.at === undefined ? lineFeed : (step.literal[step.at] as number);
        add(Op.anchor, step.first, step.literal, byte, step.at ?? 0);
        program[program.length - 2] = backwards.length;
        backwards.push(step.backward);
        if (step.at === undefined) isOpen = false;
      }
    }
    if (isOpen) add(Op.end, 0, new Uint8Array(), 0, 0);
    this.#program = Int32Array.from(program);
    this.#pool = Uint8Array.from(pool);
    this.#prefixLength = prefixLength;
    this.#backwards = backwards;
  }

  get reason(): string {
    return reasonOf(this.#format, this.#steps[this.#failedAt / stride + 1]);
  }

  isVersioned(): boolean {
    return false;
  }

  match(buffer: Uint8Array, start: number): boolean {
    const program = this.#program;
    const pool = this.#pool;
    const { starts, ends } = this;
    let position = start;
    for (let i = 0; i < this.#prefixLength; i++) {
      if (buffer[position++] !== pool[i]) return this.#fail(buffer, start, -stride);
    }
    for (let pc = 0; ; pc += stride) {
      const variable = program[pc + 1] as number;
      const literal = program[pc + 2] as number;
      const length = program[pc + 3] as number;
      const wanted = program[pc + 4] as number;
      let at = position;
      switch (program[pc]) {
        case Op.forward: {
          let byte = buffer[at] as number;
          while (byte !== wanted && byte !== lineFeed) byte = buffer[++at] as number;
          at -= program[pc + 5] as number;
          break;
        }
        case Op.escaped: {
          let byte = buffer[at] as number;
          while (byte !== wanted && byte !== lineFeed) {
            if (byte === backslash && buffer[at + 1] !== lineFeed) at++;
            byte = buffer[++at] as number;
          }
          at -= program[pc + 5] as number;
          break;
        }
        case Op.status:
          if (!isDigit(buffer[at]) || !isDigit(buffer[at + 1]) || !isDigit(buffer[at + 2]))
            return this.#fail(buffer, start, pc);
          at += 3;
          // The last value of a format: the end of the line must follow.
          break;
        case Op.rest: {
          while (buffer[at] !== lineFeed) at++;
          this.next = at + 1;
          starts[variable] = position;
          ends[variable] = at > position && buffer[at - 1] === carriageReturn ? at - 1 : at;
          return true;
        }
        case Op.anchor: {
          const isEnd = wanted === lineFeed;
          while (buffer[at] !== wanted && buffer[at] !== lineFeed) at++;
          if (isEnd) {
            this.next = at + 1;
            if (at > position && buffer[at - 1] === carriageReturn) at--;
            at -= length;
          } else {
            at -= program[pc + 5] as number;
          }
          if (at < position || !this.#same(buffer, at, literal, length)) return this.#fail(buffer, start, pc);
          if (!this.#backward(buffer, position, at, pc)) return this.#fail(buffer, start, pc);
          if (isEnd) return true;
          position = at + length;
          continue;
        }
        default: {
          if (buffer[at] === carriageReturn) at++;
          if (buffer[at] !== lineFeed) return this.#fail(buffer, start, pc);
          this.next = at + 1;
          return true;
        }
      }
      if (at < position) return this.#fail(buffer, start, pc);
      starts[variable] = position;
      ends[variable] = at;
      for (let i = literal; i < literal + length; i++) {
        if (buffer[at++] !== pool[i]) return this.#fail(buffer, start, pc);
      }
      position = at;
    }
  }

  /** Takes values from `right` to the left, down to `left`. */
  #backward(buffer: Uint8Array, left: number, right: number, pc: number): boolean {
    const { starts, ends } = this;
    const backward = this.#backwards[this.#program[pc + 6] as number] as readonly Backward[];
    let end = right;
    for (let i = 0; i < backward.length; i++) {
      const { variable, width, literal, at } = backward[i] as Backward;
      let start: number;
      if (width !== undefined) {
        start = end - width;
      } else {
        let found = end - 1;
        while (found >= left && buffer[found] !== literal[at]) found--;
        start = found - at + literal.length;
      }
      const before = start - literal.length;
      if (before < left || start > end) return false;
      for (let k = 0; k < literal.length; k++) if (buffer[before + k] !== literal[k]) return false;
      starts[variable] = start;
      ends[variable] = end;
      end = before;
    }
    const first = this.#program[pc + 1] as number;
    starts[first] = left;
    ends[first] = end;
    return true;
  }

  #same(buffer: Uint8Array, at: number, literal: number, length: number): boolean {
    for (let i = 0; i < length; i++) if (buffer[at + i] !== this.#pool[literal + i]) return false;
    return true;
  }

  #fail(buffer: Uint8Array, start: number, pc: number): false {
    this.#failedAt = pc;
    this.next = buffer.indexOf(lineFeed, start) + 1;
    return false;
  }
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}
