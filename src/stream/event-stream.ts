import { LineCarry } from '../text/line-carry.js';

/** Gets the events of a stream. The slices are only valid during the call. */
export interface EventSink {
  /** @param type `''` where the event says none, which means `message` */
  onEvent(type: string, buffer: Uint8Array, start: number, end: number): void;
  /** An event was longer than the parser keeps; nothing of it is handed over. */
  onTooLong(): void;
}

/** An event of a language model is a few hundred bytes; one with the logarithms of many probabilities some thousand. */
const mostEventBytes = 1024 * 1024;
/** What an `event:` line names; a longer name is as good as any other that nobody knows. */
const mostTypeBytes = 64;

const lf = 10;
const cr = 13;
const space = 32;
const colon = 58;
const byteOrderMark = [0xef, 0xbb, 0xbf] as const;
const lineFeed = new Uint8Array([lf]);
const dataName = Buffer.from('data');
const eventName = Buffer.from('event');

/**
 * Reads `text/event-stream` by the rules of the HTML standard, section 9.2.6, from bytes that may be split anywhere, also
 * inside a character: a byte order mark, lines that end in LF, CR or CR LF, comments, `data` in several lines or without
 * a space, and the last event left out when nothing ends it. Of fields it knows `data` and `event`; nobody here
 * reconnects, so `id` and `retry` say nothing.
 *
 * What arrives whole is handed over where it lies; nothing is copied and nothing allocated. It never throws.
 */
export class EventStreamParser {
  /** Lines that began with a colon: most servers' sign of life. */
  comments = 0;

  readonly #line = new LineCarry();
  readonly #data = new LineCarry();
  /** One line of data, where it lies, as long as there is only one and its buffer is whole. */
  #held: Uint8Array | undefined;
  #heldStart = 0;
  #heldEnd = 0;
  #hasData = false;
  #type = '';
  /** Bytes of a byte order mark seen; 3 once there was one or cannot be any more. */
  #mark = 0;
  /** A LF that comes now belongs to the line that has just ended. */
  #afterCr = false;
  #tooLong = false;

  constructor(
    readonly sink: EventSink,
    readonly mostBytes = mostEventBytes,
  ) {}

  /** Gets ready for another stream. What the last one left unfinished is no event. */
  reset(): void {
    this.comments = 0;
    this.#mark = 0;
    this.#afterCr = false;
    this.#line.clear();
    this.#forget();
  }

  /** Takes the next bytes, `buffer[start, end)`. */
  push(buffer: Uint8Array, start: number, end: number): void {
    let at = this.#mark < 3 ? this.#skipMark(buffer, start, end) : start;
    if (at < end && this.#afterCr) {
      if (buffer[at] === lf) at++;
      this.#afterCr = false;
    }
    while (at < end) {
      let stop = at;
      while (stop < end && buffer[stop] !== lf && buffer[stop] !== cr) stop++;
      if (stop === end) {
        this.#carry(buffer, at, end);
        break;
      }
      this.#endLine(buffer, at, stop);
      at = stop + 1;
      if (buffer[stop] === cr) {
        if (at === end) this.#afterCr = true;
        else if (buffer[at] === lf) at++;
      }
    }
    if (this.#held !== undefined) this.#keepHeld();
  }

  #skipMark(buffer: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end && this.#mark < 3 && buffer[at] === byteOrderMark[this.#mark]) {
      this.#mark++;
      at++;
    }
    if (at < end && this.#mark < 3) {
      // It only looked like one: its bytes begin the first line.
      this.#line.append(Uint8Array.from(byteOrderMark), 0, this.#mark);
      this.#mark = 3;
    }
    return at;
  }

  /** Keeps the start of a line, unless it is longer than anything that is looked at. */
  #carry(buffer: Uint8Array, start: number, end: number): void {
    if (this.#line.length + end - start <= this.mostBytes) this.#line.append(buffer, start, end);
    else {
      // What kind of line it is stands at its front.
      const isComment = (this.#line.length > 0 ? this.#line.bytes[0] : buffer[start]) === colon;
      if (this.#line.length === 0) this.#line.append(buffer, start, start + 1);
      if (!isComment) this.#tooLong = true;
    }
  }

  #endLine(buffer: Uint8Array, start: number, end: number): void {
    if (this.#line.length === 0) {
      this.#takeLine(buffer, start, end);
      return;
    }
    this.#carry(buffer, start, end);
    const { bytes, length } = this.#line;
    this.#line.clear();
    this.#takeLine(bytes, 0, length);
    // The next line may be put together in the same place.
    if (this.#held === bytes) this.#keepHeld();
  }

  #takeLine(buffer: Uint8Array, start: number, end: number): void {
    if (start === end) this.#dispatch();
    else if (buffer[start] === colon) this.comments++;
    else {
      const data = valueStart(dataName, buffer, start, end);
      if (data >= 0) this.#takeData(buffer, data, end);
      else {
        const type = valueStart(eventName, buffer, start, end);
        if (type >= 0) this.#type = typeText(buffer, type, end);
      }
    }
  }

  #takeData(buffer: Uint8Array, start: number, end: number): void {
    if (end - start + this.#data.length > this.mostBytes) this.#tooLong = true;
    if (this.#tooLong) return;
    if (!this.#hasData) {
      this.#hasData = true;
      this.#held = buffer;
      this.#heldStart = start;
      this.#heldEnd = end;
      return;
    }
    this.#keepHeld();
    this.#data.append(lineFeed, 0, 1);
    this.#data.append(buffer, start, end);
  }

  #keepHeld(): void {
    if (this.#held === undefined) return;
    this.#data.append(this.#held, this.#heldStart, this.#heldEnd);
    this.#held = undefined;
  }

  #dispatch(): void {
    if (this.#tooLong) this.sink.onTooLong();
    else if (this.#held !== undefined)
      this.sink.onEvent(this.#type, this.#held, this.#heldStart, this.#heldEnd);
    else if (this.#hasData) this.sink.onEvent(this.#type, this.#data.bytes, 0, this.#data.length);
    this.#forget();
  }

  #forget(): void {
    this.#held = undefined;
    this.#hasData = false;
    this.#data.clear();
    this.#type = '';
    this.#tooLong = false;
  }
}

/** Where the value of a field of this name begins, or -1 for another field. */
function valueStart(name: Uint8Array, buffer: Uint8Array, start: number, end: number): number {
  const after = start + name.length;
  if (after > end) return -1;
  for (let i = 0; i < name.length; i++) if (buffer[start + i] !== name[i]) return -1;
  if (after === end) return end;
  if (buffer[after] !== colon) return -1;
  return after + 1 < end && buffer[after + 1] === space ? after + 2 : after + 1;
}

function typeText(buffer: Uint8Array, start: number, end: number): string {
  return new TextDecoder().decode(buffer.subarray(start, Math.min(end, start + mostTypeBytes)));
}
