import { readFileSync } from 'node:fs';
import { lineLimits } from '../source/line-feeder.js';
import { spareBytes } from './layout.js';

/** The part of WebAssembly that is used here; Node's types leave it to a browser's. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Memory: new (size: {
    readonly initial: number;
    readonly maximum: number;
    readonly shared: boolean;
  }) => {
    readonly buffer: SharedArrayBuffer;
  };
  readonly Instance: new (module: object, imports: object) => { readonly exports: object };
};

/** What `assembly/index.ts` exports; addresses are numbers. */
interface Exports {
  match(program: number, start: number): number;
  book(ledger: number, program: number, start: number, end: number): number;
  addEntry(ledger: number, number: number): number;
}

const pageBytes = 64 * 1024;
/** No line is longer, nor what is around it. */
const lineBytes = lineLimits.keptBytes + pageBytes;
/** Of programs and books. */
const tableBytes = 48 * 1024 * 1024;

let compiled: object | undefined;

/** Compiled once per thread. */
function compiledModule(): object {
  compiled ??= new WebAssembly.Module(readFileSync(new URL('../../../dist/scan.wasm', import.meta.url)));
  return compiled;
}

/**
 * The scanner of a reader of logs: `assembly/` with a memory of its own, which logs are read straight into. The memory has its
 * size from the start, since one that grows takes the views of it away; what is not written to takes no place. It is shared
 * with nobody, but such memory does not have the garbage collector hurry on account of its size.
 */
export class Scanner {
  readonly match: Exports['match'];
  readonly book: Exports['book'];
  readonly addEntry: Exports['addEntry'];
  readonly bytes: Buffer;
  readonly words: Int32Array;
  readonly doubles: Float64Array;
  readonly #line: number;
  #free: number;

  constructor() {
    const pages = Math.ceil((pageBytes + 2 * lineBytes + tableBytes) / pageBytes);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    const { exports } = new WebAssembly.Instance(compiledModule(), { env: { memory } });
    ({ match: this.match, book: this.book, addEntry: this.addEntry } = exports as Exports);
    this.bytes = Buffer.from(memory.buffer);
    this.words = new Int32Array(memory.buffer);
    this.doubles = new Float64Array(memory.buffer);
    // Address 0 stands for none.
    this.#free = pageBytes;
    this.room = this.bytes.subarray(this.#free, this.allocate(lineBytes) + lineBytes - spareBytes);
    this.#line = this.allocate(lineBytes);
  }

  /** Where lines go that are to be read without being copied. */
  readonly room: Buffer;

  /** Sets a field of what stands at an address. */
  set(address: number, field: number, value: number): void {
    this.words[(address + field) >> 2] = value;
  }

  get(address: number, field: number): number {
    return this.words[(address + field) >> 2] as number;
  }

  /** Fields of 64 bits: whole numbers that are exact in a double, or doubles. */
  setLong(address: number, field: number, value: number): void {
    const high = Math.floor(value / 2 ** 32);
    this.words[(address + field) >> 2] = value - high * 2 ** 32;
    this.words[(address + field + 4) >> 2] = high;
  }

  getLong(address: number, field: number): number {
    const [low, high] = [this.get(address, field), this.get(address, field + 4)];
    return high * 2 ** 32 + (low >>> 0);
  }

  setDouble(address: number, field: number, value: number): void {
    this.doubles[(address + field) >> 3] = value;
  }

  getDouble(address: number, field: number): number {
    return this.doubles[(address + field) >> 3] as number;
  }

  /** Copies a line that lies elsewhere. @returns where to; it is good until the next one */
  copyOf(buffer: Uint8Array, start: number, end: number): number {
    this.bytes.set(buffer.subarray(start, end), this.#line);
    return this.#line;
  }

  hasRoom(length: number): boolean {
    return this.#free + length <= this.bytes.length;
  }

  /** Memory of that many bytes, all of them 0. */
  allocate(length: number): number {
    const at = this.#free;
    this.#free += Math.ceil(length / 16) * 16;
    if (this.#free > this.bytes.length) throw new RangeError('the scanner has no memory left');
    return at;
  }
}
