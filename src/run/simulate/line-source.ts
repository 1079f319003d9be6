import { closeSync, openSync, readSync } from 'node:fs';
import { LbbenchError } from '../../model/fault.js';

const chunkBytes = 256 * 1024;
/** Far above what nginx takes (`large_client_header_buffers`, 8 kB); a longer line is no line of such a file. */
const maxLineLength = 64 * 1024;

/** The lines of a file one after another, one character a byte, without their line breaks. A file of any size. */
export class LineSource {
  /** Number of the line that `next` gave last; 1-based. */
  line = 0;
  readonly #fd: number;
  readonly #chunk = Buffer.allocUnsafe(chunkBytes);
  #text = '';
  #from = 0;
  /** `undefined` reads on where the last read ended, which a pipe can do too. */
  #atByte: number | undefined;

  /** @throws LbbenchError when the file cannot be opened */
  constructor(readonly file: string) {
    try {
      this.#fd = openSync(file, 'r');
    } catch (error) {
      throw this.#unreadable(error);
    }
  }

  /** `undefined` at the end of the file. */
  next(): string | undefined {
    for (;;) {
      const end = this.#text.indexOf('\n', this.#from);
      if (end >= 0) {
        // A carriage return can be part of neither a request target nor an address.
        const last = this.#text.charCodeAt(end - 1) === carriageReturn && end > this.#from ? end - 1 : end;
        const line = this.#text.slice(this.#from, last);
        this.#from = end + 1;
        this.line += 1;
        return line;
      }
      if (!this.#read()) return undefined;
    }
  }

  /** Starts over at the first line. */
  rewind(): void {
    this.#text = '';
    this.#from = 0;
    this.line = 0;
    this.#atByte = 0;
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** Reads on; false when all is read. A last line without a line break gets one. */
  #read(): boolean {
    const rest = this.#text.slice(this.#from);
    if (rest.length > maxLineLength) {
      throw new LbbenchError('usage', [
        {
          file: this.file,
          line: this.line + 1,
          message: `expected lines of at most ${maxLineLength} bytes, got a longer one`,
          hint: 'the file holds one request target or address a line',
        },
      ]);
    }
    let bytes: number;
    try {
      bytes = readSync(this.#fd, this.#chunk, 0, chunkBytes, this.#atByte ?? null);
    } catch (error) {
      throw this.#unreadable(error);
    }
    if (this.#atByte !== undefined) this.#atByte += bytes;
    this.#from = 0;
    this.#text = bytes > 0 ? rest + this.#chunk.toString('latin1', 0, bytes) : rest === '' ? '' : `${rest}\n`;
    return this.#text !== '';
  }

  #unreadable(error: unknown): LbbenchError {
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'no such file' : (code ?? 'an error');
    const hint =
      code === 'ESPIPE' ? 'a pipe cannot be read from the start again; write it to a file' : undefined;
    return new LbbenchError('usage', [
      { file: this.file, message: `expected a file that can be read, got ${reason}`, hint },
    ]);
  }
}

const carriageReturn = 0x0d;
