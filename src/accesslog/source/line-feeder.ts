/** What reads lines. */
export interface LineSink {
  /** Whole lines in `[start, end)`; the last byte is a line feed. The buffer is reused afterwards. */
  consume(buffer: Uint8Array, start: number, end: number): void;
  /** A line too long to be kept: its length with the line break, and how it begins. */
  skipped(lengthBytes: number, head: Uint8Array): void;
  /** Where it wants the lines that it is given, so that it need not copy them; of `lineLimits.keptBytes` at least. */
  readonly room?: Buffer;
}

/** Bytes read at a time; fits a processor's second-level cache. */
const chunkBytes = 512 * 1024;
/** How long lines may be; those that balancers write are some kilobytes. */
export const lineLimits = {
  /** Kept in one piece; of a longer one only the start is looked at, and it counts as one that could not be read. */
  keptBytes: 16 * 1024 * 1024,
  /** Longer ones are no samples of a format, no records of several lines, and no lines of lists. */
  plausibleBytes: 64 * 1024,
} as const;
const headBytes = 256;
const lineFeed = 0x0a;

/**
 * Cuts bytes into runs of whole lines, in one buffer that grows only for long lines and shrinks again behind them.
 * Fill `space`, then `commit` what was filled.
 */
export class LineFeeder {
  #buffer: Buffer;
  /** Bytes at the start of the buffer that wait for their line feed. */
  #held = 0;
  /** While the rest of a line that is too long passes by. */
  #skipping: { length: number; readonly head: Uint8Array } | undefined;

  constructor(private readonly sink: LineSink) {
    this.#buffer = this.#newBuffer(chunkBytes);
  }

  /** Where the next bytes go. */
  space(): Buffer {
    if (this.#held === this.#buffer.length) this.#resize(2 * this.#buffer.length);
    return this.#buffer.subarray(this.#held);
  }

  commit(length: number): void {
    const buffer = this.#buffer;
    const filled = this.#held + length;
    let start = 0;
    if (this.#skipping !== undefined) {
      const end = buffer.subarray(0, filled).indexOf(lineFeed);
      this.#skipping.length += end < 0 ? filled : end + 1;
      this.#held = 0;
      if (end < 0) return;
      this.#endSkipping();
      start = end + 1;
    }
    const last = buffer.lastIndexOf(lineFeed, filled - 1);
    const end = filled === 0 || last < start ? start : last + 1;
    if (end > start) this.sink.consume(buffer, start, end);
    this.#held = filled - end;
    if (this.#held > 0 && end > 0) buffer.copyWithin(0, end, filled);
    if (this.#held >= lineLimits.keptBytes) this.#dropNuls();
    if (this.#held >= lineLimits.keptBytes) {
      this.#skipping = { length: this.#held, head: Uint8Array.from(this.#buffer.subarray(0, headBytes)) };
      this.#held = 0;
    }
    if (this.#held < chunkBytes / 2 && this.#buffer.length > chunkBytes) this.#resize(chunkBytes);
  }

  /** Bytes of any length. */
  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const space = this.space();
      const length = Math.min(space.length, bytes.length - at);
      space.set(bytes.subarray(at, at + length));
      this.commit(length);
      at += length;
    }
  }

  /** Whether bytes wait for their line feed. */
  get isMidLine(): boolean {
    return this.#held > 0 || this.#skipping !== undefined;
  }

  /** The bytes behind the last line feed, taken out; a line that was too long is told to the sink. */
  takeRest(): Uint8Array {
    if (this.#skipping !== undefined) {
      this.#skipping.length += this.#held;
      this.#held = 0;
      this.#endSkipping();
    }
    const rest = Uint8Array.from(this.#buffer.subarray(0, this.#held));
    this.#held = 0;
    return rest;
  }

  /** After a crash a line can follow a run of NUL bytes of any length. One of them is left to tell of it. */
  #dropNuls(): void {
    const buffer = this.#buffer;
    let at = 0;
    while (at < this.#held && buffer[at] === 0) at++;
    if (at < 2) return;
    buffer.copyWithin(0, at - 1, this.#held);
    this.#held -= at - 1;
  }

  #endSkipping(): void {
    if (this.#skipping !== undefined) this.sink.skipped(this.#skipping.length, this.#skipping.head);
    this.#skipping = undefined;
  }

  #resize(bytes: number): void {
    const buffer = this.#newBuffer(bytes);
    // In the sink's room they are there already.
    if (this.sink.room === undefined) buffer.set(this.#buffer.subarray(0, this.#held));
    this.#buffer = buffer;
  }

  #newBuffer(bytes: number): Buffer {
    return this.sink.room?.subarray(0, bytes) ?? Buffer.allocUnsafe(bytes);
  }
}
