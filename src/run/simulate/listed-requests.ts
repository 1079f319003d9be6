import { closeSync, openSync, readSync } from 'node:fs';
import { lineLimits } from '../../accesslog/source/line-feeder.js';
import { LbbenchError } from '../../model/fault.js';
import type { KeyRequest } from '../../nginx/variables.js';
import { formatIPv6, parseIPv4, parseIPv6 } from '../../text/ip.js';
import { shown } from '../../text/shown.js';

/** Where requests without times come from; at least one is given. */
export interface RequestLists {
  /** File of request targets, one a line. */
  readonly uris: string | undefined;
  /** File of client addresses, one a line. */
  readonly addresses: string | undefined;
  /** How many requests; `undefined` for as many as the longer file has lines. */
  readonly requests: number | undefined;
}

const someAddress = '127.0.0.1';

/**
 * The requests that two lists make together, line by line; the shorter list starts over until the longer one ends.
 * Without targets every request is for `/`, without addresses all come from 127.0.0.1. Both files are streamed.
 */
export class ListedRequests {
  readonly #uris: CycledLines | undefined;
  readonly #addresses: CycledLines | undefined;
  readonly #limit: number;
  #given = 0;
  /** The line checked last, and the address it names as nginx writes it. */
  #checked = { text: someAddress, address: someAddress };

  /** @throws LbbenchError when a file cannot be read or is empty */
  constructor({ uris, addresses, requests }: RequestLists) {
    this.#uris =
      uris === undefined
        ? undefined
        : new CycledLines(uris, 'one request target a line, such as /chat', false);
    try {
      this.#addresses =
        addresses === undefined
          ? undefined
          : new CycledLines(addresses, 'one client address a line, such as 10.0.0.1', true);
    } catch (error) {
      this.#uris?.close();
      throw error;
    }
    this.#limit = requests ?? Number.POSITIVE_INFINITY;
  }

  /** @throws LbbenchError for a line that is no address */
  next(): KeyRequest | undefined {
    if (this.#given >= this.#limit) return undefined;
    this.#uris?.look();
    this.#addresses?.look();
    if (this.#limit === Number.POSITIVE_INFINITY && this.#isEachThrough()) return undefined;
    this.#given += 1;
    return {
      method: 'GET',
      uri: this.#uris?.take() ?? '/',
      headers: noHeaders,
      remoteAddress: this.#address(),
    };
  }

  close(): void {
    this.#uris?.close();
    this.#addresses?.close();
  }

  #isEachThrough(): boolean {
    return (this.#uris?.isThrough ?? true) && (this.#addresses?.isThrough ?? true);
  }

  #address(): string {
    const lines = this.#addresses;
    if (lines === undefined) return someAddress;
    const text = lines.take();
    // Lists often hold runs of one address.
    if (text === this.#checked.text) return this.#checked.address;
    const address = canonicalAddress(text);
    if (address === undefined) {
      throw new LbbenchError('usage', [
        {
          file: lines.source.file,
          line: lines.source.line,
          message: `expected a client address, got ${shown(text)}`,
          hint: "write it as nginx's $remote_addr: 10.0.0.1, ::1 or unix:",
        },
      ]);
    }
    this.#checked = { text, address };
    return address;
  }
}

/** As `$remote_addr` has it; `undefined` for what is no client's address. */
function canonicalAddress(text: string): string | undefined {
  if (text === 'unix:') return text;
  const ipv6 = parseIPv6(text);
  if (ipv6 !== undefined) return formatIPv6(ipv6);
  return parseIPv4(text)?.join('.');
}

const noHeaders = {};

/** The lines of a file, over and over. */
class CycledLines {
  readonly source: LineSource;
  /** Whether every line has been taken at least once. */
  isThrough = false;
  #ahead: string | undefined;

  /** @param passesEmpty whether lines without text are none; a target without text is a bad request */
  constructor(
    file: string,
    expected: string,
    readonly passesEmpty: boolean,
  ) {
    this.source = new LineSource(file);
    this.#ahead = this.#next();
    if (this.#ahead === undefined) {
      this.close();
      throw new LbbenchError('usage', [{ file, message: `expected ${expected}, got an empty file` }]);
    }
  }

  /** Looks whether there is a further line, which sets `isThrough`. */
  look(): void {
    this.#ahead ??= this.#next();
    if (this.#ahead === undefined) this.isThrough = true;
  }

  /** The next line, or the first after the last; call `look` before. */
  take(): string {
    if (this.#ahead === undefined) {
      this.source.rewind();
      this.#ahead = this.#next();
    }
    const line = this.#ahead ?? '';
    this.#ahead = undefined;
    return line;
  }

  close(): void {
    this.source.close();
  }

  #next(): string | undefined {
    let line = this.source.next();
    while (this.passesEmpty && line === '') line = this.source.next();
    return line;
  }
}

const chunkBytes = 256 * 1024;

/** The lines of a file one after another, one character a byte, without their line breaks. A file of any size. */
class LineSource {
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
    if (rest.length > lineLimits.plausibleBytes) {
      throw new LbbenchError('usage', [
        {
          file: this.file,
          line: this.line + 1,
          message: `expected lines of at most ${lineLimits.plausibleBytes} bytes, got a longer one`,
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
