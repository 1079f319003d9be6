import { closeSync, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import { isContinued, tailOf } from './file-tail.js';
import { LineFeeder, type LineSink } from './line-feeder.js';
import { openLog } from './log-file.js';

/** What reads one file of a followed log; after a rotation or truncation there is another file, and another reader. */
export interface FollowedSink extends LineSink {
  /** Nothing more comes from this file. `rest` is what stood behind its last line feed. */
  end(rest: Uint8Array): void;
}

/** Workers reopen their logs one after the other, and write to the old file until then. */
const retireAfterMs = 10_000;

/** One open file with how far it was read. */
class OpenFile {
  readonly feeder: LineFeeder;
  position: number;
  #tail: Uint8Array = new Uint8Array(0);

  constructor(
    readonly handle: number,
    readonly stat: Stats,
    readonly sink: FollowedSink,
    startByte: number,
  ) {
    this.position = startByte;
    this.feeder = new LineFeeder(sink);
  }

  /** True when the file was emptied and perhaps written anew. */
  get isTruncated(): boolean {
    return !isContinued(this.handle, this.position, this.#tail);
  }

  /** Reads to the end of the file as it is now. */
  drain(): void {
    for (;;) {
      const space = this.feeder.space();
      const length = readSync(this.handle, space, 0, space.length, this.position);
      if (length === 0) return;
      this.#tail = tailOf(space.subarray(0, length), this.#tail);
      this.position += length;
      this.feeder.commit(length);
    }
  }

  close(): void {
    this.sink.end(this.feeder.takeRest());
    closeSync(this.handle);
  }
}

/**
 * Follows a growing log, as `tail -F` does: through rotation (the path names another file), truncation (the same file
 * starts over) and times in which there is no such file. Polled, because that works on every file system.
 */
export class FollowedFile {
  #current: OpenFile;
  readonly #retired: { readonly file: OpenFile; readonly untilMs: number }[] = [];

  /**
   * @param startByte where to start in the file as it is now
   * @param newSink makes a reader for each file
   * @throws LbbenchError when the file cannot be read
   */
  constructor(
    readonly path: string,
    startByte: number,
    readonly newSink: () => FollowedSink,
  ) {
    const handle = openLog(path);
    this.#current = new OpenFile(handle, fstatSync(handle), newSink(), startByte);
  }

  /** Reads what is new. @param nowMs of a clock that only goes forward */
  poll(nowMs: number): void {
    for (const { file } of this.#retired) file.drain();
    while (this.#retired[0] !== undefined && this.#retired[0].untilMs <= nowMs)
      this.#retired.shift()?.file.close();
    if (this.#current.isTruncated) {
      const { handle, stat, feeder, sink } = this.#current;
      sink.end(feeder.takeRest());
      this.#current = new OpenFile(handle, stat, this.newSink(), 0);
    }
    this.#current.drain();
    const successor = this.#successor();
    if (successor === undefined) return;
    this.#retired.push({ file: this.#current, untilMs: nowMs + retireAfterMs });
    this.#current = successor;
    successor.drain();
  }

  close(): void {
    for (const { file } of this.#retired) file.close();
    this.#current.close();
  }

  /** The file that the path names now, if it is another one than the one that is read. */
  #successor(): OpenFile | undefined {
    const { dev, ino } = this.#current.stat;
    try {
      const named = statSync(this.path);
      if (named.dev === dev && named.ino === ino) return undefined;
      const handle = openSync(this.path, 'r');
      return new OpenFile(handle, fstatSync(handle), this.newSink(), 0);
    } catch {
      // Moved away, and not made again yet; or not for us to read yet.
      return undefined;
    }
  }
}
