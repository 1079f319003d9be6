import { behindPiece } from './prefix.js';

const lineFeed = 0x0a;
/** Bytes behind a line that a matcher may look at. */
const spareBytes = 8;
/** Of the pieces of one line; those of a line that is longer are not kept. */
const mostBytes = 1024 * 1024;
const noBytes = new Uint8Array(0);

/** A line of which pieces are held. */
interface Begun {
  readonly pieces: Uint8Array[];
  /** Of the pieces together. */
  length: number;
  /** Lines that the pieces stand in. */
  lines: number;
}

/** What became of a line that may be a piece of another. */
type Piece =
  /** It is none: a line of its own. */
  | 'whole'
  | 'held'
  /** It was the last one. */
  | JoinedLine;

/** The line that pieces make, in `[0, end)` with its line feed; nothing of one that was too long. */
export interface JoinedLine {
  readonly bytes: Uint8Array;
  readonly end: number;
  /** In how many lines it stood. */
  readonly lines: number;
}

/**
 * Joins the pieces that a container's runtime cut a long line into, by CRI: all but the last are marked `P`, for partial. Pieces of
 * stdout and stderr may alternate. A line that is longer than any can be is let go, whose bytes are not kept.
 */
export class PieceJoiner {
  readonly #begun = new Map<string, Begun>();

  /** Whether a line was begun, so that the next one may be a piece although nothing of it says so. */
  get isOpen(): boolean {
    return this.#begun.size > 0;
  }

  /** Takes the line at `position`, whose line feed stands before `next`. */
  take(buffer: Uint8Array, position: number, next: number): Piece {
    const piece = behindPiece(buffer, position);
    if (piece === undefined) return 'whole';
    const { stream, isLast, start } = piece;
    const begun = this.#begun.get(stream) ?? { pieces: [], length: 0, lines: 0 };
    if (isLast && begun.lines === 0) return 'whole';
    begun.lines++;
    this.#keep(begun, buffer.subarray(start, next - 1));
    if (!isLast) {
      this.#begun.set(stream, begun);
      return 'held';
    }
    this.#begun.delete(stream);
    return joined(begun);
  }

  /** Lets go what was begun, of which the rest did not come. */
  *giveUp(): Generator<JoinedLine> {
    for (const begun of this.#begun.values()) yield joined(begun);
    this.#begun.clear();
  }

  #keep(begun: Begun, bytes: Uint8Array): void {
    begun.length += bytes.length;
    if (begun.length <= mostBytes) begun.pieces.push(Uint8Array.from(bytes));
    else begun.pieces.length = 0;
  }
}

function joined({ pieces, length, lines }: Begun): JoinedLine {
  if (pieces.length === 0) return { bytes: noBytes, end: 0, lines };
  const bytes = new Uint8Array(length + 1 + spareBytes);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  bytes[at] = lineFeed;
  return { bytes, end: at + 1, lines };
}
