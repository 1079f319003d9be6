import type { EscapeMode } from '../../nginx/log-format.js';
import { ByteCache } from '../../text/byte-cache.js';
import { ByteView } from '../../text/byte-view.js';
import { upstreamMeaningOf } from '../log-format/upstream-meaning.js';
import { RecentValues } from '../scanner/recent-values.js';
import { BookedMeaning } from './booked-meaning.js';
import { textOf } from './text-value.js';

/** Names of pools that are remembered; a configuration has few. */
const maxPools = 256;

/** Knows the values of `$upstream_addr` by their bytes: a log has few of them, and many lines with each. */
export class UpstreamValues {
  /** Names of pools that have been seen. */
  readonly pools = new Set<string>();
  readonly #known = new ByteCache<BookedMeaning>();
  readonly #recent = new RecentValues<BookedMeaning>();
  readonly #view = new ByteView();

  /** @param sockets addresses of the pool that look like lists */
  constructor(
    private readonly mode: EscapeMode,
    private readonly sockets: readonly string[],
  ) {}

  /** What a value means; `undefined` when nginx cannot have written it. */
  meaningOf(buffer: Uint8Array, start: number, end: number): BookedMeaning | undefined {
    const view = this.#view.of(buffer);
    const recent = this.#recent.get(view, start, end);
    if (recent !== undefined) return recent;
    const meaning = this.#read(buffer, start, end);
    if (meaning !== undefined) this.#recent.set(view, start, end, meaning);
    return meaning;
  }

  #read(buffer: Uint8Array, start: number, end: number): BookedMeaning | undefined {
    const known = this.#known.get(buffer, start, end);
    if (known !== undefined) return known;
    const read = upstreamMeaningOf(textOf(buffer, start, end, this.mode), this.sockets);
    if (read === undefined) return undefined;
    const meaning = new BookedMeaning(read);
    if (read.pool !== undefined && this.pools.size < maxPools) this.pools.add(read.pool);
    this.#known.set(buffer, start, end, meaning);
    return meaning;
  }
}
