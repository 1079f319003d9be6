import type { Attempts } from '../../model/attempts.js';
import type { LogFormat } from '../../nginx/log-format.js';
import type { AttemptCells } from '../../tally/attempt-cells.js';
import { ByteCache } from '../../text/byte-cache.js';
import { ByteView } from '../../text/byte-view.js';
import { dialectOf } from '../dialect/dialects.js';
import type { LineMatcher } from '../scanner/line-matcher.js';
import { RecentValues } from '../scanner/recent-values.js';
import { textOf } from './text-value.js';

/** What a line said of its attempts, with what books remember of it. A class, so that all of them are of one shape. */
export class ToldAttempts {
  /** In the main book; looked up when it first counts. */
  cells: AttemptCells | undefined = undefined;
  /** Records not booked yet: all of one status, at one moment. */
  pending = 0;
  /** -1 when the format has none. */
  pendingStatus = -1;

  constructor(readonly attempts: Attempts) {}
}

/** Names of pools that are remembered; a configuration has few. */
const maxPools = 256;

/** Knows what lines say of attempts by the bytes that say it: a log has few such values, and many lines with each. */
export class KnownAttempts {
  /** Names of pools that have been seen. */
  readonly pools = new Set<string>();
  readonly #known = new ByteCache<ToldAttempts>();
  readonly #recent = new RecentValues<ToldAttempts>();
  readonly #view = new ByteView();
  /** Where several variables say it together: their values behind one another. */
  #joined = Buffer.alloc(256);

  /**
   * @param variables indexes of what says it
   * @param sockets addresses of the pool that look like lists
   */
  constructor(
    private readonly format: LogFormat,
    private readonly variables: readonly number[],
    private readonly sockets: readonly string[],
  ) {}

  /** What a line says; `undefined` when the balancer cannot have written it. */
  of(buffer: Uint8Array, line: LineMatcher): ToldAttempts | undefined {
    // Most balancers say it in one value, whose bytes then are the key.
    const only = this.variables.length === 1;
    const first = this.variables[0] as number;
    const end = only ? (line.ends[first] as number) : this.#join(buffer, line);
    const start = only ? (line.starts[first] as number) : 0;
    const key = only ? buffer : this.#joined;
    const view = this.#view.of(key);
    const recent = this.#recent.get(view, start, end);
    if (recent !== undefined) return recent;
    const told = this.#known.get(key, start, end) ?? this.#read(buffer, line, key, start, end);
    if (told !== undefined) this.#recent.set(view, start, end, told);
    return told;
  }

  #read(
    buffer: Uint8Array,
    line: LineMatcher,
    key: Uint8Array,
    start: number,
    end: number,
  ): ToldAttempts | undefined {
    const { format } = this;
    const values = this.variables.map(
      (i) =>
        [
          format.variables[i] as string,
          textOf(buffer, line.starts[i] as number, line.ends[i] as number, format),
        ] as const,
    );
    const attempts = dialectOf(format).attemptsOf(Object.fromEntries(values), this.sockets);
    if (attempts === undefined) return undefined;
    if (attempts.pool !== undefined && this.pools.size < maxPools) this.pools.add(attempts.pool);
    const told = new ToldAttempts(attempts);
    this.#known.set(key, start, end, told);
    return told;
  }

  /** Puts the values behind one another, each with a byte that none of them has. @returns their length */
  #join(buffer: Uint8Array, { starts, ends }: LineMatcher): number {
    let needed = 0;
    for (const i of this.variables) needed += (ends[i] as number) - (starts[i] as number) + 1;
    if (needed > this.#joined.length) this.#joined = Buffer.alloc(2 * needed);
    let length = 0;
    for (const i of this.variables) {
      for (let at = starts[i] as number; at < (ends[i] as number); at++)
        this.#joined[length++] = buffer[at] as number;
      this.#joined[length++] = 0;
    }
    return length;
  }
}
