import { ByteView } from '../text/byte-view.js';
import { type Chunk, Output, readChunk } from './chunk.js';

const quote = 34;
const backslash = 92;
const lowerU = 117;
/** What may follow a backslash in JSON, beside `u` and four digits. */
const escapes = new Set([...'"\\/bfnrt'].map((character) => character.charCodeAt(0)));
/** Longer chunks are not worth a copy. */
const mostBytes = 4096;
/** After so many chunks in a row that are unlike any before, they all are, and looking is a waste. */
const hopelessMisses = 8;

/** The members whose value is the text of a chunk; the order is no matter. */
const textNames = ['content', 'text', 'reasoning_content', 'reasoning'];

/**
 * Knows the next chunk of a stream by the last one, without making a string of it. As a rule all that differs from one
 * chunk to the next is the text: what stands before it and behind it, the id and the model's name among it, are the same
 * bytes. JSON with another string in the same place says the same of everything else, so only whether the text is empty
 * has to be looked at.
 */
export class ChunkMemory {
  /** The choice that the chunks like the last one are of. */
  choice = 0;

  /** All up to the opening quote of the text, and all from its closing one on. */
  #before: DataView | undefined;
  #behind: DataView | undefined;
  #output: number = Output.none;
  #misses = 0;
  readonly #view = new ByteView();

  /** For another stream, whose chunks may be like those of the last one. */
  reset(): void {
    this.#misses = 0;
  }

  /** Bits of `Output` of the chunk in `buffer[start, end)`, or -1 when it is not like the last one. */
  recall(buffer: Uint8Array, start: number, end: number): number {
    const before = this.#before;
    const after = this.#behind;
    if (before === undefined || after === undefined) return -1;
    const text = start + before.byteLength;
    const behind = end - after.byteLength;
    if (behind < text) return -1;
    const view = this.#view.of(buffer);
    if (!isAt(view, start, before) || !isAt(view, behind, after)) return -1;
    if (!isStringText(buffer, text, behind)) return -1;
    this.#misses = 0;
    return behind === text ? Output.none : this.#output;
  }

  /** Remembers a chunk that was read by other means, where it is of the usual kind. */
  learn(buffer: Uint8Array, start: number, end: number, text: string, chunk: Chunk): void {
    const { choices, output, usage, error } = chunk;
    const choice = choices[0];
    const isUsual =
      choices.length === 1 &&
      choice?.isFinished === false &&
      usage === undefined &&
      error === undefined &&
      (output === Output.answer || output === Output.reasoning);
    if (!isUsual || end - start > mostBytes || this.#misses >= hopelessMisses) return;
    this.#misses++;
    // Where the bytes are not UTF-8, the text is of another length, and its places are not theirs.
    if (Buffer.byteLength(text) !== end - start) return;
    for (const name of textNames) {
      const at = textPlace(text, name, chunk);
      if (at === undefined) continue;
      this.choice = choice.index;
      this.#output = output;
      this.#before = copyOf(buffer, start, start + Buffer.byteLength(text.slice(0, at.start)));
      this.#behind = copyOf(buffer, end - Buffer.byteLength(text.slice(at.end)), end);
      return;
    }
  }
}

/**
 * Where the chunk's text stands in its JSON, without the quotes: of the member of this name that comes first, if that is
 * the one. It is when the chunk has no output with an empty text in that place, and is the same otherwise.
 */
function textPlace(
  json: string,
  name: string,
  { output, choices }: Chunk,
): { readonly start: number; readonly end: number } | undefined {
  const match = new RegExp(`"${name}"\\s*:\\s*"((?:[^"\\\\]|\\\\.)+)"`).exec(json);
  if (match === null) return undefined;
  const end = match.index + match[0].length - 1;
  const start = end - (match[1] as string).length;
  const emptied = readChunk(json.slice(0, start) + json.slice(end));
  const isText = emptied !== undefined && emptied.output === Output.none && output !== Output.none;
  const isSame =
    emptied?.choices[0]?.index === choices[0]?.index && emptied?.choices.length === choices.length;
  return isText && isSame ? { start, end } : undefined;
}

function copyOf(buffer: Uint8Array, start: number, end: number): DataView {
  return new DataView(Uint8Array.prototype.slice.call(buffer, start, end).buffer);
}

function isAt(view: DataView, start: number, known: DataView): boolean {
  const { byteLength: length } = known;
  let i = 0;
  for (; i + 4 <= length; i += 4) if (view.getInt32(start + i) !== known.getInt32(i)) return false;
  for (; i < length; i++) if (view.getUint8(start + i) !== known.getUint8(i)) return false;
  return true;
}

/** Whether the bytes are the inside of one JSON string. */
function isStringText(buffer: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = buffer[at] as number;
    if (byte < 32 || byte === quote) return false;
    if (byte !== backslash) continue;
    at++;
    const escaped = at < end ? (buffer[at] as number) : 0;
    if (escaped === lowerU) {
      for (let digits = 0; digits < 4; digits++)
        if (++at >= end || !isHexDigit(buffer[at] as number)) return false;
    } else if (!escapes.has(escaped)) return false;
  }
  return true;
}

function isHexDigit(byte: number): boolean {
  return (byte >= 48 && byte <= 57) || (byte >= 65 && byte <= 70) || (byte >= 97 && byte <= 102);
}
