import { createBalancer } from '../../balancing/balancer.js';
import { glibcRandom } from '../../balancing/glibc-random.js';
import { decisionOf } from '../../balancing/method/methods.js';
import { Replay, type ServerWork } from '../../balancing/replay.js';
import { KeyPlacements } from '../../distribution/key-placements.js';
import { judgeSpread } from '../../distribution/spread.js';
import type { SimulatedRun } from '../../model/simulation.js';
import type { Upstream } from '../../model/upstream.js';
import type { KeyOf, KeyRequest } from '../../nginx/variables.js';
import { poolWeights } from '../../scenario/resolve/expected.js';
import type { SimulatedAlgorithm } from './algorithms.js';

/** When a request arrives and how long its server is busy with it; milliseconds. */
export interface RequestTimes {
  readonly arrivalMs: number;
  readonly serviceMs: number;
}

/** One algorithm's side of a simulation. Every request goes through every lane. */
export class Lane {
  readonly name: string;
  readonly #replay: Replay;
  readonly #keyOf: KeyOf | undefined;
  /** The most common key: a target that is not of the absolute form is its own key. */
  readonly #isKeyUri: boolean;
  readonly #keys: KeyPlacements | undefined;
  /** What of a key decides on the server. */
  readonly #partOf: ((key: string) => string) | undefined;
  readonly #weights: ReturnType<typeof poolWeights>;
  /** Index of each server's address in `#weights`. */
  readonly #backendOf: readonly number[];
  readonly #addresses: readonly string[];
  readonly #poolName: string;
  #noBackendLeft = 0;

  constructor({ name, algorithm, keyOf }: SimulatedAlgorithm, pool: Upstream, seed: number) {
    this.name = name;
    this.#replay = new Replay(createBalancer({ ...pool, algorithm }, { random: glibcRandom(seed) }));
    this.#keyOf = keyOf;
    const decision = decisionOf(algorithm);
    this.#isKeyUri = decision.by === 'key' && decision.template === '$request_uri';
    this.#partOf = decision.by === 'key' ? decision.partOf : undefined;
    this.#keys = this.#partOf === undefined ? undefined : new KeyPlacements();
    this.#weights = poolWeights(pool.servers);
    this.#addresses = pool.servers.map(({ address }) => address);
    const indexes = new Map(this.#weights.map(({ address }, index) => [address, index]));
    this.#backendOf = this.#addresses.map((address) => indexes.get(address) as number);
    this.#poolName = pool.name;
  }

  /**
   * Places a request, whose target nginx does not refuse.
   *
   * @param times `undefined` when it ends before the next one starts
   * @returns what nginx prints as `$upstream_addr`
   */
  place(request: KeyRequest, times: RequestTimes | undefined): string {
    const isOwnKey = this.#isKeyUri && request.uri.startsWith('/');
    const key = isOwnKey ? request.uri : (this.#keyOf?.(request) ?? '');
    const server =
      times === undefined
        ? this.#replay.pickAlone(key, request.remoteAddress)
        : this.#replay.pickAt(key, request.remoteAddress, times.arrivalMs, times.serviceMs);
    if (server === undefined) {
      this.#noBackendLeft += 1;
      return this.#poolName;
    }
    const identity = this.#partOf?.(key) ?? '';
    // An empty key is none: round robin decides then.
    if (identity !== '') this.#keys?.record(identity, this.#backendOf[server] as number);
    return this.#addresses[server] as string;
  }

  /** @param durationMs `undefined` when the requests had no times */
  result(durationMs: number | undefined): SimulatedRun {
    const worksOf: ServerWork[][] = this.#weights.map(() => []);
    this.#replay.work.forEach((one, server) => {
      worksOf[this.#backendOf[server] as number]?.push(one);
    });
    const work = this.#weights.map((backend, index) => {
      const servers = worksOf[index] as ServerWork[];
      const sum = (of: 'count' | 'busyMs') => servers.reduce((total, one) => total + one[of], 0);
      const isTimed = durationMs !== undefined && durationMs > 0;
      return {
        ...backend,
        count: sum('count'),
        meanInFlight: isTimed ? sum('busyMs') / durationMs : undefined,
        // Two lines of one address need not peak at the same moment.
        peakInFlight: isTimed && servers.length === 1 ? servers[0]?.peakInFlight : undefined,
      };
    });
    const { shares, distribution, warnings } = judgeSpread(work);
    const keys = this.#keys;
    return {
      algorithm: this.name,
      noBackendLeft: this.#noBackendLeft,
      backends: work.map(({ address, weight, count, meanInFlight, peakInFlight }, index) => ({
        address,
        weight,
        expectedShare: shares[index]?.expectedShare,
        count,
        share: shares[index]?.share,
        deviation: shares[index]?.deviation,
        keys: keys?.keysOf(index),
        meanInFlight,
        peakInFlight,
      })),
      distribution,
      keys: keys && { distinct: keys.distinct, capped: keys.overlooked > 0 },
      // That a short run may look uneven is no news where chance has no part in it.
      warnings: warnings.filter(({ code }) => code !== 'too-few-requests'),
    };
  }
}
