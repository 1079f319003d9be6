import type { Trace } from '../model/llm.js';
import { shown } from '../text/shown.js';
import { LineCutter, mostPartBytes } from './long-file.js';

/** Rows of a trace that are kept, at most: some 160 MB. */
const mostRows = 10_000_000;

const mostTokens = 1_000_000;
/** Ids of blocks are whole numbers of 32 bits; so many of them are kept. */
const mostBlocks = 100_000_000;
/** Of a trace by Mooncake (FAST '25 release). */
const mooncakeBlockTokens = 512;

interface RowFault {
  readonly message: string;
  readonly hint?: string | undefined;
}

/** What is wrong with a trace: with a line of it, or with the whole. */
export interface TraceFault extends RowFault {
  /** 1-based. */
  readonly line: number | undefined;
}

export interface TraceQuestion {
  /** As the user names it. */
  readonly file: string;
  /** Divides the times between requests. */
  readonly speed: number;
  /** How many of its requests are wanted; all when left out. */
  readonly requests: number | undefined;
  /** Reads it piece by piece until enough is read. */
  readonly eachPiece: (take: (piece: Uint8Array) => boolean) => void;
  readonly onFault: (fault: TraceFault) => void;
}

/** Faults of one file that are told. */
const maxFaults = 5;

/** Reads a trace, as far as it is needed; `undefined` after a fault. */
export function readTraceFile({
  file,
  speed,
  requests,
  eachPiece,
  onFault,
}: TraceQuestion): Trace | undefined {
  const gatherer = new TraceGatherer();
  let faulty = 0;
  let isFull = false;
  const wrong = (line: number | undefined, { message, hint }: RowFault): boolean => {
    faulty += 1;
    onFault({ line, message, hint });
    return faulty < maxFaults;
  };
  const cutter = new LineCutter((text, line) => {
    if (gatherer.rows >= (requests ?? Number.POSITIVE_INFINITY)) return false;
    isFull = gatherer.rows >= mostRows;
    if (isFull) return false;
    const fault = gatherer.add(text);
    // Without columns no line can be read.
    return fault === undefined || (wrong(line, fault) && line > 1);
  });
  eachPiece((piece) => cutter.push(piece));
  if (cutter.tooLongAt !== undefined) {
    const message = `expected a line of at most ${mostPartBytes} bytes, got a longer one`;
    wrong(cutter.tooLongAt, { message });
  } else if (faulty === 0) cutter.end();
  if (faulty > 0) return undefined;
  if (gatherer.rows > 0 && !isFull) return gatherer.trace(file, speed);
  wrong(undefined, {
    message: isFull
      ? `expected at most ${mostRows} requests, got more in ${shown(file)}`
      : `expected at least one request, got none in ${shown(file)}`,
    hint: isFull ? 'take a part of it' : undefined,
  });
  return undefined;
}

interface Row {
  readonly atMs: number;
  readonly input: number;
  readonly output: number;
  readonly ids: readonly number[] | undefined;
}

type Columns = {
  readonly time: number;
  readonly input: number;
  readonly output: number;
  readonly count: number;
};

const formats =
  'a trace is Azure\'s CSV (TIMESTAMP,ContextTokens,GeneratedTokens) or Mooncake\'s JSONL ({"timestamp": 0, "input_length": 500, "output_length": 20, "hash_ids": [0]})';

/** Gathers the rows of a trace, in memory that grows with them. */
class TraceGatherer {
  #columns: Columns | undefined;
  #isJson: boolean | undefined;
  #firstMs: number | undefined;
  #lastMs = Number.NEGATIVE_INFINITY;
  readonly #due = new Numbers(float64);
  readonly #input = new Numbers(uint32);
  readonly #output = new Numbers(uint32);
  readonly #ids = new Numbers(uint32);
  readonly #idEnds = new Numbers(uint32);
  #withIds = 0;

  get rows(): number {
    return this.#due.length;
  }

  /** Adds a line; what is wrong with it. */
  add(line: string): RowFault | undefined {
    this.#isJson ??= line.startsWith('{');
    if (!this.#isJson && this.#columns === undefined) return this.#head(line);
    const row = this.#isJson ? jsonRow(line) : csvRow(line, this.#columns as Columns);
    if ('message' in row) return row;
    if (row.atMs < this.#lastMs) {
      return {
        message: `expected times that ascend, got one ${this.#lastMs - row.atMs} ms before that of the line before`,
        hint: 'sort the file by time',
      };
    }
    if (this.#ids.length + (row.ids?.length ?? 0) > mostBlocks) {
      return {
        message: `expected at most ${mostBlocks} hash_ids, got more`,
        hint: 'take a part of it: load.requests',
      };
    }
    this.#firstMs ??= row.atMs;
    this.#lastMs = row.atMs;
    this.#due.push((row.atMs - this.#firstMs) * 1000);
    this.#input.push(Math.max(1, row.input));
    this.#output.push(Math.max(1, row.output));
    if (row.ids !== undefined) this.#withIds += 1;
    for (const id of row.ids ?? []) this.#ids.push(id);
    this.#idEnds.push(this.#ids.length);
    return undefined;
  }

  /** @param speed divides the times between requests */
  trace(file: string, speed: number): Trace {
    const dueUs = this.#due.copy();
    for (let row = 0; row < dueUs.length; row += 1) dueUs[row] = (dueUs[row] as number) / speed;
    const blocks =
      this.#withIds === 0
        ? undefined
        : {
            tokens: mooncakeBlockTokens,
            ids: this.#ids.copy(),
            ends: this.#idEnds.copy(),
          };
    const inputTokens = this.#input.copy();
    return { file, dueUs, inputTokens, outputTokens: this.#output.copy(), blocks };
  }

  #head(line: string): RowFault | undefined {
    const names = line.split(',').map((name) => name.trim().toLowerCase());
    const [time, input, output] = ['timestamp', 'contexttokens', 'generatedtokens'].map((name) =>
      names.indexOf(name),
    );
    if (
      time === undefined ||
      input === undefined ||
      output === undefined ||
      Math.min(time, input, output) < 0
    ) {
      return { message: `expected the first line of a trace, got ${shown(line, 60)}`, hint: formats };
    }
    this.#columns = { time, input, output, count: names.length };
    return undefined;
  }
}

function csvRow(line: string, columns: Columns): Row | RowFault {
  const fields = line.split(',');
  if (fields.length !== columns.count) {
    return {
      message: `expected ${columns.count} fields as in the first line, got ${fields.length}`,
      hint: formats,
    };
  }
  const time = fields[columns.time] ?? '';
  const atMs = momentMs(time.trim());
  if (atMs === undefined) {
    return { message: `expected a time such as 2023-11-16 18:15:46.68, got ${shown(time, 40)}` };
  }
  return checked({
    atMs,
    input: numberOf(fields[columns.input]),
    output: numberOf(fields[columns.output]),
    ids: undefined,
  });
}

function jsonRow(line: string): Row | RowFault {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { message: `expected JSON, got ${shown(line, 40)}`, hint: formats };
  }
  const {
    timestamp,
    input_length: input,
    output_length: output,
    hash_ids: ids,
  } = (value ?? {}) as Record<string, unknown>;
  if (typeof timestamp !== 'number' || !Number.isFinite(timestamp)) {
    return {
      message: `expected a timestamp in milliseconds, got ${shown(JSON.stringify(timestamp) ?? 'none', 40)}`,
      hint: formats,
    };
  }
  if (ids !== undefined && !(Array.isArray(ids) && ids.every(isId))) {
    return { message: 'expected hash_ids as a list of whole numbers, got something else', hint: formats };
  }
  return checked({ atMs: timestamp, input, output, ids });
}

function checked(row: {
  atMs: number;
  input: unknown;
  output: unknown;
  ids: readonly number[] | undefined;
}): Row | RowFault {
  const { atMs, input, output, ids } = row;
  for (const [what, tokens] of [
    ['prompt', input],
    ['answer', output],
  ] as const) {
    if (isTokens(tokens)) continue;
    const got = shown(JSON.stringify(tokens) ?? 'none', 40);
    return {
      message: `expected the tokens of the ${what} as a whole number up to ${mostTokens}, got ${got}`,
      hint: formats,
    };
  }
  return { atMs, input: input as number, output: output as number, ids };
}

function isTokens(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= mostTokens;
}

function isId(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 32;
}

function numberOf(text: string | undefined): number | string | undefined {
  return text !== undefined && /^\s*\d{1,9}\s*$/.test(text) ? Number(text) : text;
}

/** `2023-11-16 18:15:46.6805900`, in UTC where it does not say. */
function momentMs(text: string): number | undefined {
  const match = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(\.\d{1,9})?(?:Z|\+00:00)?$/.exec(text);
  if (match === null) return undefined;
  const ms = Date.parse(`${match[1]}T${match[2]}Z`);
  return Number.isNaN(ms) ? undefined : ms + Number(match[3] ?? 0) * 1000;
}

/** Numbers in a row, in memory that doubles. */
class Numbers<A extends Float64Array | Uint32Array> {
  length = 0;
  #array: A;

  /** @param make an array of so many numbers, in memory that threads share */
  constructor(readonly make: (length: number) => A) {
    this.#array = make(1024);
  }

  push(value: number): void {
    if (this.length === this.#array.length) {
      const larger = this.make(2 * this.length);
      larger.set(this.#array);
      this.#array = larger;
    }
    this.#array[this.length] = value;
    this.length += 1;
  }

  /** A copy of just its length. */
  copy(): A {
    const copy = this.make(this.length);
    copy.set(this.#array.subarray(0, this.length));
    return copy;
  }
}

function float64(length: number): Float64Array {
  return new Float64Array(new SharedArrayBuffer(8 * length));
}

function uint32(length: number): Uint32Array {
  return new Uint32Array(new SharedArrayBuffer(4 * length));
}
