import type { LogFile } from '../source/log-file.js';
import type { AbsoluteTimelineData } from './absolute-timeline.js';
import type { BookData } from './book.js';
import type { UnmatchedLine } from './unmatched.js';

/** A part of a log that one thread reads. */
export interface LogPart {
  readonly file: LogFile;
  /** Of a plain file: the lines that start in `[startByte, endByte)`. */
  readonly startByte: number;
  readonly endByte: number;
  /** Of other files: the lines left out at the start. */
  readonly skipLines: number;
  /** Of a stream: only so many lines at its end; `undefined` for all. */
  readonly lastLines: number | undefined;
}

/** What of a part goes by the order of lines, and so is told part by part. It is small, whatever the part held. */
export interface PartLines {
  readonly lines: number;
  readonly unmatchedFirst: readonly Omit<UnmatchedLine, 'file'>[];
  /** Backends that the reader had not seen in the parts before, in the order of their first line. */
  readonly addresses: readonly string[];
  /** Values of `by` that got a table, likewise. */
  readonly groupKeys: readonly string[];
}

export interface PartResult extends PartLines {
  /** Lines of the file before this part that are known; `undefined` where the part starts somewhere in a file. */
  readonly linesBefore: number | undefined;
  /** Bytes behind the last line feed of the file. */
  readonly rest: Uint8Array;
  /** What a reader must know about the file. */
  readonly notes: readonly string[];
}

/** What a reader counted in all of its parts, whatever their order. Survives a structured clone. */
export interface ReaderData {
  readonly book: BookData;
  readonly groups: readonly (readonly [key: string, BookData])[];
  /** Of values that got no table of their own. */
  readonly others: BookData | undefined;
  readonly timeline: AbsoluteTimelineData;
  readonly records: number;
  readonly selected: number;
  readonly unmatched: number;
  /** Names of pools that had no backend left. */
  readonly pools: readonly string[];
  readonly firstStartMs: number | undefined;
  readonly lastEndMs: number | undefined;
}
