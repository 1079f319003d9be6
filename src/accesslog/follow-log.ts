import { LbbenchError } from '../model/fault.js';
import { prepareHistograms } from '../tally/latency-histogram.js';
import { chooseFormats } from './choose-format.js';
import type { LogAnswer } from './log-answer.js';
import type { LogQuestion } from './question.js';
import { lineQuestionOf } from './read-log.js';
import { BookReader, type Counted, type PartLines } from './reading/book-reader.js';
import { allFormats, carryTimes, type LineQuestion } from './reading/line-question.js';
import { PartMerger } from './reading/merge-parts.js';
import type { LogPart, PartResult } from './reading/parts.js';
import { windowStartMs } from './reading/window-start.js';
import { expandPaths } from './source/expand-paths.js';
import { FollowedFile, type FollowedSink } from './source/follow.js';
import { countLines, lastLinesOfPlain } from './source/last-lines.js';
import { LineFeeder } from './source/line-feeder.js';
import { inspectFile, type LogFile } from './source/log-file.js';
import { Streams } from './source/streams.js';

/** Logs that are read as they grow. */
export class LogFollower {
  readonly #question: LineQuestion;
  readonly #files: readonly LogFile[];
  readonly #readers: FileReader[] = [];
  readonly #followed: FollowedFile[] = [];
  #openStreams = 0;

  private constructor(question: LineQuestion, files: readonly LogFile[]) {
    this.#question = question;
    this.#files = files;
  }

  /**
   * Reads what is there already, or only its last lines, and is ready to go on.
   *
   * @throws LbbenchError as `readLog` does, and for what cannot be followed
   */
  static async open(asked: LogQuestion): Promise<LogFollower> {
    const files = expandPaths(asked.paths, asked.rotated).map(inspectFile);
    const streams = new Streams(asked.stdin);
    refuse(files, asked);
    const formats = await chooseFormats(asked.format, files, streams);
    const isTimed = carryTimes(allFormats(formats));
    const question = lineQuestionOf({ formats, isTimed, isReadOnce: true }, asked);
    if (isTimed) await prepareHistograms();
    const parts = files.map((file) => partOf(file, asked.lastLines));
    const windowFromMs = await windowStartMs(question, parts);
    const follower = new LogFollower({ ...question, windowFromMs }, files);
    for (const { file, startByte } of parts) {
      if (file.kind === 'stream') follower.#readStream(file, streams);
      else follower.#follow(file, startByte);
    }
    follower.poll(0);
    return follower;
  }

  /** Reads what is new. @param nowMs of a clock that only goes forward */
  poll(nowMs: number): void {
    for (const file of this.#followed) file.poll(nowMs);
  }

  /** True when nothing can come any more: all there was are streams, and they have ended. */
  get isOver(): boolean {
    return this.#followed.length === 0 && this.#openStreams === 0;
  }

  /** Lets `use` look at what was read so far; the answer is good for no longer than that. */
  look<T>(use: (answer: LogAnswer) => T): T {
    const merger = new PartMerger(this.#question);
    for (const reader of this.#readers) {
      merger.addPart(reader.part, reader.result());
      merger.addCounted(reader.counted());
    }
    try {
      return use(merger.answer(this.#files.map(({ path }) => path)));
    } finally {
      merger.release();
    }
  }

  close(): void {
    for (const file of this.#followed) file.close();
    for (const reader of this.#readers) reader.release();
  }

  #newReader(file: LogFile, startByte: number): FileReader {
    const reader = new FileReader(this.#question, file, startByte);
    this.#readers.push(reader);
    return reader;
  }

  #follow(file: LogFile, startByte: number): void {
    let first = true;
    const newSink = () => {
      const reader = this.#newReader(file, first ? startByte : 0);
      first = false;
      return reader;
    };
    this.#followed.push(new FollowedFile(file.path, startByte, newSink));
  }

  #readStream(file: LogFile, streams: Streams): void {
    const reader = this.#newReader(file, 0);
    const feeder = new LineFeeder(reader);
    const stream = streams.open(file.path);
    this.#openStreams++;
    stream.on('data', (chunk: Buffer) => feeder.push(chunk));
    stream.on('close', () => {
      reader.end(feeder.takeRest());
      this.#openStreams--;
    });
  }
}

/** What there is of a file already, or its last lines. */
function partOf(file: LogFile, lastLines: number | undefined): LogPart {
  const isTail = lastLines !== undefined && file.kind === 'plain';
  const startByte = isTail ? lastLinesOfPlain(file, lastLines).startByte : 0;
  return { file, startByte, endByte: file.sizeBytes, skipLines: 0, lastLines: undefined };
}

/** Reads one file of a followed log for as long as it is written to. */
class FileReader implements FollowedSink {
  readonly #reader: BookReader;
  #linesBefore: number | undefined;
  #ended: { readonly lines: PartLines; readonly rest: Uint8Array } | undefined;

  constructor(
    question: LineQuestion,
    readonly file: LogFile,
    readonly startByte: number,
  ) {
    this.#reader = new BookReader(question);
    this.#reader.startFile(file.path);
  }

  get part(): LogPart {
    const { startByte } = this;
    // Line numbers are those of the file that has the name now; one that was rotated away is called so.
    const path = this.#ended === undefined ? this.file.path : `${this.file.path} (rotated)`;
    return { file: { ...this.file, path }, startByte, endByte: 0, skipLines: 0, lastLines: undefined };
  }

  get room(): Buffer {
    return this.#reader.room;
  }

  consume(buffer: Uint8Array, start: number, end: number): void {
    this.#reader.consume(buffer, start, end);
  }

  skipped(lengthBytes: number, head: Uint8Array): void {
    this.#reader.skipped(lengthBytes, head);
  }

  end(rest: Uint8Array): void {
    this.#ended = { lines: this.#reader.endPart(), rest };
  }

  /** The bytes behind the last line feed of a file that still grows will be a line when nginx has written it. */
  result(): PartResult {
    const { lines, rest } = this.#ended ?? { lines: this.#reader.partSoFar(), rest: new Uint8Array(0) };
    const linesBefore = lines.unmatchedFirst.length > 0 ? this.#countedBefore() : 0;
    return { ...lines, rest, linesBefore, notes: [] };
  }

  counted(): Counted {
    return this.#reader.counted();
  }

  release(): void {
    this.#reader.release();
  }

  /** Only a message needs to know how many lines were left out, so they are counted late, and once. */
  #countedBefore(): number {
    if (this.#linesBefore === undefined) {
      try {
        this.#linesBefore = countLines(this.file.path, this.startByte);
      } catch {
        // Rotated away meanwhile.
        this.#linesBefore = 0;
      }
    }
    return this.#linesBefore;
  }
}

function refuse(files: readonly LogFile[], asked: LogQuestion): void {
  const faults = files.flatMap(({ path, kind }) =>
    kind === 'gzip'
      ? [{ file: path, message: 'expected a log that grows, got a compressed one', hint: 'leave it out' }]
      : [],
  );
  if (asked.format === undefined && files.every((file) => file.kind === 'plain' && file.sizeBytes === 0)) {
    faults.push({
      file: files[0]?.path ?? '',
      message: 'expected lines to recognise the format from, got an empty log',
      hint: "give it with --format '…' or --conf nginx.conf",
    });
  }
  if (faults.length > 0) throw new LbbenchError('usage', faults);
}
