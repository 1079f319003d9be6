import { LbbenchError } from '../../model/fault.js';
import { formatIPv6, parseIPv4, parseIPv6 } from '../../nginx/ip.js';
import type { KeyRequest } from '../../nginx/variables.js';
import { shown } from '../../text/shown.js';
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
