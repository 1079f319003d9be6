import { decodeText } from '../json-text.js';
import { lineEnd, lineInObject } from './line-in-object.js';
import { behindPrefix } from './prefix.js';

const lineFeed = 0x0a;
const brace = 0x7b;
/** A line comes through a container's runtime, a shipper and syslog at most, each perhaps with a time or a colour. */
const maxLayers = 6;
/** Bytes behind a line that a matcher may look at. */
const spareBytes = 8;

/**
 * Takes off what containers, shippers and syslog put around a line, one layer after the other. What stands in front of it only
 * moves its start; a text in JSON is written anew, without its escapes.
 */
export class Unwrapper {
  /** Where the line stands now, its line feed included. */
  buffer: Uint8Array = new Uint8Array(0);
  start = 0;
  /** Whether something stood behind the line too, so that it is whole even where the line around it has no line feed. */
  isClosed = false;
  #end = 0;
  #layers = 0;
  #text = new Uint8Array(4096);

  /** Stands at a line as it is. @param next offset behind its line feed */
  begin(buffer: Uint8Array, start: number, next: number): void {
    this.buffer = buffer;
    this.start = start;
    this.isClosed = false;
    this.#end = next - 1;
    this.#layers = 0;
  }

  /** Whether something stands in front of the line that can be taken off. */
  get isPrefixed(): boolean {
    return behindPrefix(this.buffer, this.start) >= 0;
  }

  /** Takes off one layer; false when there is none that is known. */
  open(): boolean {
    if (this.#layers === maxLayers) return false;
    this.#layers++;
    if (this.buffer[this.start] === brace) return this.#openObject();
    const start = behindPrefix(this.buffer, this.start);
    if (start < 0 || start >= this.#end) return false;
    this.start = start;
    return true;
  }

  /** A copy of the line as it stands now, with its line feed. */
  bytes(): Uint8Array {
    return Uint8Array.from(this.buffer.subarray(this.start, this.#end + 1));
  }

  #openObject(): boolean {
    const bounds = lineInObject(this.buffer, this.start, this.#end);
    if (bounds === undefined) return false;
    const room = bounds.end - bounds.start + 1 + spareBytes;
    // An object in an object is decoded in place: a text is never longer than it is written.
    if (this.#text.length < room) this.#text = new Uint8Array(2 * room);
    const end = decodeText(this.buffer, bounds, this.#text, 0);
    const last = end < 0 ? -1 : lineEnd(this.#text, 0, end);
    if (last <= 0) return false;
    this.#text[last] = lineFeed;
    this.buffer = this.#text;
    this.start = 0;
    this.isClosed = true;
    this.#end = last;
    return true;
  }
}
