import { clockRows, type Keeper } from '../model/clocks.js';
import { type CounterName, counterRows } from './counters.js';
import { type NameKept, namesKept } from './keeper.js';
import { LatencyHistogram, type LatencyHistogramData } from './latency-histogram.js';

/** The clocks kept for a run, a backend, a request or a status. */
export type ClockName<K extends Keeper> = NameKept<typeof clockRows, K>;

/** An account in a form that survives a structured clone. Counters of 0 and clocks without values are left out. */
export interface AccountData<K extends Keeper> {
  readonly counters: { readonly [N in CounterName<K>]?: number };
  readonly clocks: { readonly [N in ClockName<K>]?: LatencyHistogramData };
}

/** The counters and clocks kept for one run, backend, request or status: those whose rows say so. */
export class Account<K extends Keeper> {
  readonly counters: Record<CounterName<K>, number>;
  readonly clocks: Readonly<Record<ClockName<K>, LatencyHistogram>>;

  constructor(readonly keeper: K) {
    const { counters, clocks } = names[keeper] as Names<K>;
    this.counters = recordOf(counters, () => 0);
    this.clocks = recordOf(clocks, () => new LatencyHistogram());
  }

  add(other: Account<K>): void {
    const { counters, clocks } = names[this.keeper] as Names<K>;
    for (const name of counters) this.counters[name] += other.counters[name];
    for (const name of clocks) this.clocks[name].add(other.clocks[name]);
  }

  /** Takes over what another account encoded. What it does not say is 0, or has no values. */
  read(data: AccountData<K>): void {
    const { counters, clocks } = names[this.keeper] as Names<K>;
    for (const name of counters) this.counters[name] = data.counters[name] ?? 0;
    for (const name of clocks) {
      const clock = data.clocks[name];
      if (clock !== undefined) this.clocks[name].read(clock);
    }
  }

  toData(): AccountData<K> {
    const { counters, clocks } = names[this.keeper] as Names<K>;
    return {
      counters: recordOf(
        counters.filter((name) => this.counters[name] !== 0),
        (name) => this.counters[name],
      ),
      clocks: recordOf(
        clocks.filter((name) => this.clocks[name].count > 0),
        (name) => this.clocks[name].toData(),
      ),
    };
  }

  /** Gives the histograms' memory back; they are empty afterwards. */
  release(): void {
    for (const name of (names[this.keeper] as Names<K>).clocks) this.clocks[name].release();
  }
}

interface Names<K extends Keeper> {
  readonly counters: readonly CounterName<K>[];
  readonly clocks: readonly ClockName<K>[];
}

const names: { readonly [K in Keeper]: Names<K> } = {
  run: namesOf('run'),
  backend: namesOf('backend'),
  request: namesOf('request'),
  status: namesOf('status'),
  stage: namesOf('stage'),
};

function namesOf<K extends Keeper>(keeper: K): Names<K> {
  return { counters: namesKept(counterRows, keeper), clocks: namesKept(clockRows, keeper) };
}

function recordOf<N extends string, T>(keys: readonly N[], of: (key: N) => T): Record<N, T> {
  return Object.fromEntries(keys.map((key) => [key, of(key)])) as Record<N, T>;
}
