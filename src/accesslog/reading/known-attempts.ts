import type { Attempts } from '../../model/attempts.js';
import type { LogFormat } from '../../nginx/log-format.js';
import type { AttemptCells } from '../../tally/attempt-cells.js';
import { ByteCache } from '../../text/byte-cache.js';
import type { LogFields } from '../dialect/dialect.js';
import { dialectOf } from '../dialect/dialects.js';
import type { LineMatcher } from '../scanner/line-matcher.js';
import { durationUs, wholeNumber } from '../scanner/numbers.js';
import { itemsOf } from './attempt-booker.js';
import type { PoolSelection } from './line-question.js';
import { textOf } from './text-value.js';

/** What a line said of its attempts, with what books remember of it. A class, so that all of them are of one shape. */
export class ToldAttempts {
  /** In the main book; looked up when it first counts. */
  cells: AttemptCells | undefined = undefined;
  /** Whether lines that say it are booked without being read. */
  isInLedger = false;
  /** Whether it is no matter of the pool that was asked for. */
  isElsewhere = false;

  /**
   * @param attempts with names taken for those of backends
   * @param unproven names that may as well be those of pools, and the attempts if they are; `undefined` when there are none
   */
  constructor(
    readonly attempts: Attempts,
    public unproven:
      | { readonly names: readonly string[]; readonly asPools: Attempts }
      | undefined = undefined,
  ) {}
}

/** What is known of the names in a log beforehand. */
export interface KnownNames {
  /** Of backends, be they addresses or not. */
  readonly backends: ReadonlySet<string>;
  readonly pools: ReadonlySet<string>;
  /** Addresses of the pool that look like lists. */
  readonly sockets: readonly string[];
}

/** Names that are remembered; a configuration has few. */
const maxNames = 1024;

/** Names in place of addresses, and what lines say for their being those of backends. */
export interface SeenNames {
  readonly all: readonly string[];
  /** An attempt at it had a status of its own, or took time: that of a pool without backends never does. */
  readonly proven: readonly string[];
  /** The request did not end in 502, of formats without a status of attempts. */
  readonly likely: readonly string[];
}

/**
 * Knows what lines say of attempts by the bytes that say it: a log has few such values, and many lines with each. A name is
 * taken for a backend's until the log is read: whether a line proves it so is remembered.
 */
export class KnownAttempts {
  readonly #names = new Set<string>();
  readonly #proven = new Set<string>();
  readonly #likely = new Set<string>();
  readonly #known = new ByteCache<ToldAttempts>();
  readonly #variables: readonly number[];
  /** Where several variables say it together: their values behind one another. */
  #joined = Buffer.alloc(256);

  constructor(
    private readonly format: LogFormat,
    private readonly fields: LogFields,
    private readonly names: KnownNames,
    private readonly pool: PoolSelection | undefined,
  ) {
    this.#variables = fields.backend ?? [];
  }

  get seenNames(): SeenNames {
    return { all: [...this.#names], proven: [...this.#proven], likely: [...this.#likely] };
  }

  /** Sees what a line of the unproven says about its names. @param status what the client got */
  weigh(told: ToldAttempts, buffer: Uint8Array, line: LineMatcher, status: number | undefined): void {
    const { named } = told.unproven?.asPools ?? {};
    if (named === undefined) return;
    const { attemptStatus, attemptTime } = this.fields;
    if (attemptStatus === undefined && status !== undefined && status !== badGateway) {
      const last = named.isName.at(-1) ? named.backends.at(-1) : undefined;
      if (last !== undefined && this.#likely.size < maxNames) this.#likely.add(last);
    }
    if (attemptStatus === undefined && attemptTime === undefined) return;
    if (isOfPool(this.fields, buffer, line)) return;
    const statuses = itemsAt(attemptStatus, buffer, line);
    const times = itemsAt(attemptTime?.plus[0], buffer, line);
    named.backends.forEach((name, i) => {
      if (name === undefined || !named.isName[i]) return;
      const of = (items: readonly (string | undefined)[]) =>
        items.length === named.backends.length ? items[i] : undefined;
      const [ownStatus, time] = [of(statuses), of(times)];
      const isServer = (ownStatus !== undefined && Number(ownStatus) !== badGateway) || Number(time ?? 0) > 0;
      if (isServer && this.#proven.size < maxNames) this.#proven.add(name);
    });
    const left = told.unproven?.names.filter((name) => !this.#proven.has(name)) ?? [];
    if (left.length === 0) told.unproven = undefined;
  }

  /** What a line says; `undefined` when the balancer cannot have written it. */
  of(buffer: Uint8Array, line: LineMatcher): ToldAttempts | undefined {
    // Most balancers say it in one value, whose bytes then are the key.
    const only = this.#variables.length === 1;
    const first = this.#variables[0] as number;
    const end = only ? (line.ends[first] as number) : this.#join(buffer, line);
    const start = only ? (line.starts[first] as number) : 0;
    const key = only ? buffer : this.#joined;
    return this.#known.get(key, start, end) ?? this.#read(buffer, line, key, start, end);
  }

  #read(
    buffer: Uint8Array,
    line: LineMatcher,
    key: Uint8Array,
    start: number,
    end: number,
  ): ToldAttempts | undefined {
    const { format } = this;
    const values = this.#variables.map(
      (i) =>
        [
          format.variables[i] as string,
          textOf(buffer, line.starts[i] as number, line.ends[i] as number, format),
        ] as const,
    );
    const attempts = dialectOf(format).attemptsOf(Object.fromEntries(values), this.names.sockets);
    if (attempts === undefined) return undefined;
    const told = this.#told(attempts);
    told.isElsewhere = this.pool !== undefined && !isOf(this.pool, told.attempts);
    this.#known.set(key, start, end, told);
    return told;
  }

  #told(attempts: Attempts): ToldAttempts {
    const { named, pool } = attempts;
    const { backends, pools } = this.names;
    if (pool !== undefined) this.#remember(pool);
    if (named === undefined) return new ToldAttempts(attempts);
    // What the configuration calls a pool is one, wherever it stands.
    const asBackends = named.backends.map((name, i) =>
      named.isName[i] && pools.has(name ?? '') ? undefined : name,
    );
    if (asBackends.at(-1) === undefined) return new ToldAttempts({ ...attempts, backends: asBackends });
    const names = asBackends.filter(
      (name, i): name is string => name !== undefined && named.isName[i] === true && !backends.has(name),
    );
    for (const name of names) this.#remember(name);
    const unproven = names.filter((name) => !this.#proven.has(name));
    return new ToldAttempts(
      { kind: 'served', backends: asBackends, pool: undefined },
      unproven.length === 0 ? undefined : { names: unproven, asPools: attempts },
    );
  }

  #remember(name: string): void {
    if (this.#names.size < maxNames) this.#names.add(name);
  }

  /** Puts the values behind one another, each with a byte that none of them has. @returns their length */
  #join(buffer: Uint8Array, { starts, ends }: LineMatcher): number {
    let needed = 0;
    for (const i of this.#variables) needed += (ends[i] as number) - (starts[i] as number) + 1;
    if (needed > this.#joined.length) this.#joined = Buffer.alloc(2 * needed);
    let length = 0;
    for (const i of this.#variables) {
      for (let at = starts[i] as number; at < (ends[i] as number); at++)
        this.#joined[length++] = buffer[at] as number;
      this.#joined[length++] = 0;
    }
    return length;
  }
}

/** Whether a pool's backends were asked last, or may have been: a backend that no configuration has is its own. */
function isOf({ name, own, others, otherNames }: PoolSelection, { kind, backends, pool }: Attempts): boolean {
  if (kind === 'not-proxied') return false;
  if (kind === 'none-left' && pool !== undefined) return pool === name || !otherNames.includes(pool);
  const last = backends.findLast((backend) => backend !== undefined);
  return last === undefined || own.includes(last) || !others.includes(last);
}

/** What nginx answers, and books as the attempt's status, when no backend is left. */
const badGateway = 502;

/** Whether the one attempt of a line is as that at a pool without backends, told without making strings: such lines come in storms. */
function isOfPool(fields: LogFields, buffer: Uint8Array, line: LineMatcher): boolean {
  const { attemptStatus: at, attemptTime } = fields;
  if (
    at !== undefined &&
    wholeNumber(buffer, line.starts[at] as number, line.ends[at] as number) !== badGateway
  )
    return false;
  return attemptTime === undefined || durationUs(attemptTime, buffer, line) === 0;
}

function itemsAt(
  variable: number | undefined,
  buffer: Uint8Array,
  { starts, ends }: LineMatcher,
): (string | undefined)[] {
  return variable === undefined ? [] : itemsOf(buffer, starts[variable] as number, ends[variable] as number);
}
