import { LbbenchError } from '../../model/fault.js';
import { parseIPv4, parseIPv6 } from '../../nginx/ip.js';
import { shown } from '../../nginx/shown.js';
import type { KeyRequest } from '../../nginx/variables.js';
import { LineSource } from './line-source.js';

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
  #checkedAddress = someAddress;

  /** @throws LbbenchError when a file cannot be read or is empty */
  constructor({ uris, addresses, requests }: RequestLists) {
    this.#uris =
      uris === undefined ? undefined : new CycledLines(uris, 'one request target a line, such as /chat');
    try {
      this.#addresses =
        addresses === undefined
          ? undefined
          : new CycledLines(addresses, 'one client address a line, such as 10.0.0.1');
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
    if (text === this.#checkedAddress) return text;
    if (parseIPv4(text) === undefined && parseIPv6(text) === undefined && text !== 'unix:') {
      throw new LbbenchError('usage', [
        {
          file: lines.source.file,
          line: lines.source.line,
          message: `expected a client address, got ${shown(text)}`,
          hint: "write it as nginx's $remote_addr: 10.0.0.1, ::1 or unix:",
        },
      ]);
    }
    this.#checkedAddress = text;
    return text;
  }
}

const noHeaders = {};

/** The lines of a file, over and over. */
class CycledLines {
  readonly source: LineSource;
  /** Whether every line has been taken at least once. */
  isThrough = false;
  #ahead: string | undefined;

  constructor(file: string, expected: string) {
    this.source = new LineSource(file);
    this.#ahead = this.source.next();
    if (this.#ahead === undefined) {
      this.close();
      throw new LbbenchError('usage', [{ file, message: `expected ${expected}, got an empty file` }]);
    }
  }

  /** Looks whether there is a further line, which sets `isThrough`. */
  look(): void {
    this.#ahead ??= this.source.next();
    if (this.#ahead === undefined) this.isThrough = true;
  }

  /** The next line, or the first after the last; call `look` before. */
  take(): string {
    if (this.#ahead === undefined) {
      this.source.rewind();
      this.#ahead = this.source.next();
    }
    const line = this.#ahead ?? '';
    this.#ahead = undefined;
    return line;
  }

  close(): void {
    this.source.close();
  }
}
