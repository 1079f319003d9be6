import { shown } from '../../text/shown.js';

/** A line that could not be read. */
export interface UnmatchedLine {
  /** Path, or `-` for standard input. */
  readonly file: string;
  /** 1-based, in its file. */
  readonly line: number;
  readonly reason: string;
  /** Its start, quoted, fit for a terminal. */
  readonly text: string;
}

/** Unmatched lines that are kept; the rest are only counted. */
export const keptUnmatched = 10;
const shownBytes = 160;

/** Counts unmatched lines and keeps the first ones. Lines are numbered from the start of the part that is read. */
export class UnmatchedLines {
  count = 0;
  /** Of the present part. */
  first: Omit<UnmatchedLine, 'file'>[] = [];

  record(line: number, reason: string, buffer: Uint8Array, start: number, end: number, lines = 1): void {
    this.count += lines;
    if (this.first.length >= keptUnmatched) return;
    const bytes = buffer.subarray(start, Math.min(end, start + shownBytes));
    const text = shown(
      Buffer.from(bytes)
        .toString('utf8')
        .replace(/\r?\n?$/, ''),
      shownBytes,
    );
    this.first.push({ line, reason, text });
  }
}
