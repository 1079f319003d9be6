import type { SearchMatcher } from '../scanner/search-matcher.js';
import { lineLimits } from '../source/line-feeder.js';
import type { UnmatchedLines } from './unmatched.js';

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
/** A record under `escape=none` can hold line breaks; one of more lines is given up. */
const maxRecordLines = 64;

/** Joins lines until a record is whole: under `escape=none` a decoded value may hold line breaks. */
export class RecordJoiner {
  /** Lines that may be the start of a record. */
  #open: { bytes: Buffer; lines: number } | undefined;

  /** @param take books a record that matched; false when a value in it is none that nginx writes */
  constructor(
    readonly search: SearchMatcher,
    private readonly take: (buffer: Uint8Array) => boolean,
    private readonly unmatched: UnmatchedLines,
  ) {}

  /** Reads the line at `position`, which is number `line`. */
  read(buffer: Uint8Array, position: number, line: number): void {
    const { search } = this;
    const next = buffer.indexOf(lineFeed, position) + 1;
    if (this.#open !== undefined) {
      const joined = Buffer.concat([this.#open.bytes, buffer.subarray(position, next)]);
      const end = joined.at(-2) === carriageReturn ? joined.length - 2 : joined.length - 1;
      if (search.matchRange(joined, 0, end) && this.take(joined)) {
        this.#open = undefined;
        search.next = next;
        return;
      }
      if (!search.match(buffer, position)) {
        this.#open.bytes = joined;
        this.#open.lines++;
        if (joined.length > lineLimits.plausibleBytes || this.#open.lines > maxRecordLines) this.giveUp(line);
        search.next = next;
        return;
      }
      this.giveUp(line - 1);
    }
    if (search.match(buffer, position) && this.take(buffer)) return;
    search.next = next;
    this.#open = { bytes: Buffer.from(buffer.subarray(position, next)), lines: 1 };
  }

  /** Counts a record that was begun as unmatched; `lastLine` is the number of its last line. */
  giveUp(lastLine: number): void {
    const open = this.#open;
    this.#open = undefined;
    if (open === undefined) return;
    const reason = this.search.reason || 'expected a line of the format';
    const { bytes, lines } = open;
    this.unmatched.record(lastLine - lines + 1, reason, bytes, 0, bytes.length, lines);
  }
}
