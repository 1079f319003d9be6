import { errorText, Output, readChunk, type Usage } from './chunk.js';
import { ChunkMemory } from './chunk-memory.js';
import { type EventSink, EventStreamParser } from './event-stream.js';
import { OutputTrail } from './output-trail.js';

/** How a stream ended. */
export type StreamEnd =
  /** It said `[DONE]`, or each of its choices has come to an end. */
  | 'complete'
  /** It had begun to answer, and ended well-formed without having said that it was done. */
  | 'truncated'
  /** An event carried an error. */
  | 'stream-error'
  /** It ended without any output. */
  | 'empty'
  /** Its events are of another kind, of which nothing is known. */
  | 'other';

/** Words of a server that are kept of an error. */
const mostErrorCharacters = 200;

const done = Buffer.from('[DONE]');

/**
 * Watches one stream of OpenAI's chat or text completions after the other: what was said, how often, and when. Moments are
 * microseconds of the caller's clock. Reads are what the caller says they are: all the bytes between one `endRead` and
 * the next came at once, however they are cut into chunks and lines.
 *
 * - Output is text that is not empty, reasoning, or a call of a tool; a role alone, `usage` and `[DONE]` are none.
 * - A read carries output when an event with output is complete in it.
 */
export class StreamObserver implements EventSink {
  /** Of the read that carried the first output, the first that was no reasoning, and the last; -1 without any. */
  firstOutputUs = -1;
  firstAnswerUs = -1;
  lastOutputUs = -1;
  /** The longest time between two reads that carried output; -1 below two of them. */
  stallUs = -1;
  /** Events that carried output. */
  outputEvents = 0;
  /** Reads that carried output, and those that carried more than one event with some. */
  outputReads = 0;
  coalescedReads = 0;
  /** Events that were no JSON object, or too long to keep. */
  badEvents = 0;
  /** The last that the server said; with continuous usage that is of the whole answer too. */
  usage: Usage | undefined;
  /** The server's words of an error, cut short. */
  errorText: string | undefined;
  /** When output came, for whoever books it into slices of time. */
  readonly trail = new OutputTrail();

  readonly #parser: EventStreamParser;
  readonly #memory = new ChunkMemory();
  #isDone = false;
  #isCompletion = false;
  /** Of each choice seen, whether it has come to its end. */
  readonly #finished: boolean[] = [];
  #running = 0;
  /** Of the read in hand. */
  #readEvents = 0;
  #readOutput = 0;

  /** @param mostEventBytes a longer event is not looked at and counts as bad */
  constructor(mostEventBytes?: number) {
    this.#parser = new EventStreamParser(this, mostEventBytes);
  }

  /** Gets ready for another stream. */
  reset(): void {
    this.firstOutputUs = -1;
    this.firstAnswerUs = -1;
    this.lastOutputUs = -1;
    this.stallUs = -1;
    this.outputEvents = 0;
    this.outputReads = 0;
    this.coalescedReads = 0;
    this.badEvents = 0;
    this.usage = undefined;
    this.errorText = undefined;
    this.trail.clear();
    this.#parser.reset();
    this.#memory.reset();
    this.#isDone = false;
    this.#isCompletion = false;
    this.#finished.length = 0;
    this.#running = 0;
    this.#readEvents = 0;
    this.#readOutput = 0;
  }

  /** Takes the next bytes of the body. */
  append(buffer: Uint8Array, start: number, end: number): void {
    this.#parser.push(buffer, start, end);
  }

  /**
   * Ends a read, which came at `atUs`.
   *
   * @returns the time since the last read that carried output, if both did; -1 otherwise
   */
  endRead(atUs: number): number {
    const events = this.#readEvents;
    if (events === 0) return -1;
    this.outputEvents += events;
    this.outputReads++;
    if (events > 1) this.coalescedReads++;
    this.trail.add(atUs, events);
    const gapUs = this.lastOutputUs < 0 ? -1 : atUs - this.lastOutputUs;
    if (gapUs > this.stallUs) this.stallUs = gapUs;
    if (this.firstOutputUs < 0) this.firstOutputUs = atUs;
    if (this.firstAnswerUs < 0 && (this.#readOutput & Output.answer) !== 0) this.firstAnswerUs = atUs;
    this.lastOutputUs = atUs;
    this.#readEvents = 0;
    this.#readOutput = 0;
    return gapUs;
  }

  /**
   * How the stream ended, once its last read has been taken in and the response has ended as its framing says.
   *
   * @param isAsked the request asked for a stream of a language model, so that one of another kind is an empty answer
   */
  endOf(isAsked: boolean): StreamEnd {
    if (this.errorText !== undefined) return 'stream-error';
    if (this.outputEvents > 0) return this.isComplete ? 'complete' : 'truncated';
    return isAsked || this.#isCompletion ? 'empty' : 'other';
  }

  /** It said `[DONE]`, or each of its choices has come to an end. */
  get isComplete(): boolean {
    return this.#isDone || (this.#running === 0 && this.#finished.length > 0);
  }

  /** Whether any event was that of a completion. */
  get isCompletion(): boolean {
    return this.#isCompletion;
  }

  onEvent(type: string, buffer: Uint8Array, start: number, end: number): void {
    if (type === 'error') {
      this.#fail(errorOf(textOf(buffer, start, end)));
      return;
    }
    const like = this.#memory.recall(buffer, start, end);
    if (like < 0) this.#read(buffer, start, end);
    else {
      this.#isCompletion = true;
      this.#see(this.#memory.choice, false);
      this.#count(like);
    }
  }

  onTooLong(): void {
    this.badEvents++;
  }

  #read(buffer: Uint8Array, start: number, end: number): void {
    if (isDone(buffer, start, end)) {
      this.#isDone = true;
      this.#isCompletion = true;
      return;
    }
    const text = textOf(buffer, start, end);
    const chunk = readChunk(text);
    if (chunk === undefined) this.badEvents++;
    if (chunk?.isCompletion !== true) {
      return;
    }
    this.#isCompletion = true;
    if (chunk.error !== undefined) this.#fail(chunk.error);
    if (chunk.usage !== undefined) this.usage = chunk.usage;
    for (const { index, isFinished } of chunk.choices) this.#see(index, isFinished);
    this.#count(chunk.output);
    this.#memory.learn(buffer, start, end, text, chunk);
  }

  #count(output: number): void {
    if (output === Output.none) return;
    this.#readEvents++;
    this.#readOutput |= output;
  }

  #see(index: number, isFinished: boolean): void {
    const before = this.#finished[index];
    if (before === undefined) {
      // No holes: a choice below it that never spoke has no end either.
      while (this.#finished.length <= index) {
        this.#finished.push(false);
        this.#running++;
      }
    }
    if (isFinished && this.#finished[index] === false) {
      this.#finished[index] = true;
      this.#running--;
    }
  }

  #fail(text: string): void {
    this.errorText ??= text.slice(0, mostErrorCharacters);
  }
}

function isDone(buffer: Uint8Array, start: number, end: number): boolean {
  let stop = end;
  while (stop > start && buffer[stop - 1] === 32) stop--;
  if (stop - start !== done.length) return false;
  for (let i = 0; i < done.length; i++) if (buffer[start + i] !== done[i]) return false;
  return true;
}

function textOf(buffer: Uint8Array, start: number, end: number): string {
  return Buffer.from(buffer.buffer, buffer.byteOffset + start, end - start).toString('utf8');
}

/** Of an event whose type says that it is one: what it carries may be anything. */
function errorOf(data: string): string {
  const error = readChunk(data)?.error;
  if (error !== undefined) return error;
  try {
    return errorText(JSON.parse(data));
  } catch {
    return errorText(data);
  }
}
