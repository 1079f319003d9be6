/*
 * Long files, taken apart as their pieces come, so that no more of them is in memory than one line or element.
 */

/** Told of each part: its text without what stands between parts, and the line in which it begins, 1-based. False ends the reading. */
export type Take = (text: string, line: number) => boolean;

/** A part beyond this is no line or element of such a file. */
export const mostPartBytes = 16 * 1024 * 1024;

const feed = 0x0a;

/** What both have: pieces in, parts out. */
export interface Cutter {
  /** False when no more is wanted. */
  push(piece: Uint8Array): boolean;
  end(): boolean;
  /** Line of a part that is too long. */
  readonly tooLongAt: number | undefined;
}

/** A part whose pieces have come so far. */
class Held {
  #pieces: Uint8Array[] = [];
  bytes = 0;

  add(piece: Uint8Array): void {
    this.#pieces.push(piece);
    this.bytes += piece.length;
  }

  /** Its text; what is added from now on is of the next one. */
  take(): string {
    const text = Buffer.concat(this.#pieces).toString('utf8');
    this.#pieces = [];
    this.bytes = 0;
    return text;
  }
}

/** Cuts a file into its lines. Those without text are passed over. */
export class LineCutter implements Cutter {
  tooLongAt: number | undefined;
  #line = 0;
  readonly #held = new Held();

  constructor(readonly take: Take) {}

  push(piece: Uint8Array): boolean {
    let start = 0;
    for (let end = piece.indexOf(feed); end >= 0; end = piece.indexOf(feed, start)) {
      this.#held.add(piece.subarray(start, end));
      if (!this.#give()) return false;
      start = end + 1;
    }
    this.#held.add(piece.slice(start));
    if (this.#held.bytes <= mostPartBytes) return true;
    this.tooLongAt = this.#line + 1;
    return false;
  }

  end(): boolean {
    return this.#held.bytes === 0 || this.#give();
  }

  #give(): boolean {
    const text = this.#held.take();
    this.#line += 1;
    const clean = (this.#line === 1 ? text.replace(/^\ufeff/, '') : text).trim();
    return clean === '' || this.take(clean, this.#line);
  }
}

const quote = 0x22;
const backslash = 0x5c;
const openers: ReadonlySet<number> = new Set([0x5b, 0x7b]);
const closers: ReadonlySet<number> = new Set([0x5d, 0x7d]);

/** Cuts a JSON list into its elements that are maps or lists; what else stands in it is left to nobody. */
export class ElementCutter implements Cutter {
  tooLongAt: number | undefined;
  #depth = 0;
  #inText = false;
  #isEscaped = false;
  #line = 1;
  #startLine = 1;
  readonly #held = new Held();

  constructor(readonly take: Take) {}

  push(piece: Uint8Array): boolean {
    // Of the element that goes on from the piece before; -1 between elements.
    let start = this.#depth > 1 ? 0 : -1;
    for (let at = 0; at < piece.length; at += 1) {
      const byte = piece[at] as number;
      if (byte === feed) this.#line += 1;
      if (this.#inText) {
        if (this.#isEscaped) this.#isEscaped = false;
        else if (byte === backslash) this.#isEscaped = true;
        else if (byte === quote) this.#inText = false;
      } else if (byte === quote) this.#inText = true;
      else if (openers.has(byte)) {
        this.#depth += 1;
        if (this.#depth === 2) {
          start = at;
          this.#startLine = this.#line;
        }
      } else if (closers.has(byte)) {
        this.#depth -= 1;
        if (this.#depth !== 1) continue;
        this.#held.add(piece.subarray(start, at + 1));
        start = -1;
        if (!this.take(this.#held.take(), this.#startLine)) return false;
      }
    }
    if (start >= 0) this.#held.add(piece.slice(start));
    if (this.#held.bytes <= mostPartBytes) return true;
    this.tooLongAt = this.#startLine;
    return false;
  }

  /** Whether the list was closed. */
  get isClosed(): boolean {
    return this.#depth === 0 && !this.#inText;
  }

  get line(): number {
    return this.#line;
  }

  end(): boolean {
    return true;
  }
}
