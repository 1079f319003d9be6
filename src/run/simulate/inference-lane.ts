import { type Attempts, type Balancer, createBalancer } from '../../balancing/balancer.js';
import { glibcRandom } from '../../balancing/glibc-random.js';
import { decisionOf } from '../../balancing/method/methods.js';
import { KeyPlacements } from '../../distribution/key-placements.js';
import { skewOf } from '../../distribution/skew.js';
import { judgeSpread } from '../../distribution/spread.js';
import { Batch, type Sequence } from '../../lab/inference/batch.js';
import { PrefixCache } from '../../lab/inference/prefix-cache.js';
import { presets } from '../../lab/inference/presets.js';
import type { Trace } from '../../model/llm.js';
import type { InferencePreset } from '../../model/plan.js';
import type { SimulatedRun } from '../../model/simulation.js';
import type { Upstream } from '../../model/upstream.js';
import type { KeyRequest } from '../../nginx/variables.js';
import { poolWeights } from '../../scenario/resolve/expected.js';
import { skewNoise } from '../../stats/fair-draw.js';
import type { SimulatedAlgorithm } from './algorithms.js';

/** What each server of a pool is taken to be. */
export interface InferenceServers {
  readonly preset: InferencePreset;
  readonly slots: number;
  readonly cacheTokens: number;
}

/** vLLM's default, for traces that know nothing of their prompts; the others say themselves. */
const blockTokens = 16;

/** One server: the same model as the demo backend's, in virtual time. */
class Server {
  tokensIn = 0;
  tokensOut = 0;
  inFlight = 0;
  peakInFlight = 0;
  peakHeldTokens = 0;
  /** Time integrals; tokens times ms, requests times ms. */
  heldMs = 0;
  busyMs = 0;
  /** When its step ends; Infinity while it does nothing. */
  dueMs = Number.POSITIVE_INFINITY;
  #heldTokens = 0;
  #sinceMs = 0;

  constructor(readonly batch: Batch) {}

  submit(sequence: Sequence, nowMs: number): void {
    this.#change(nowMs, sequence.prompt.count, 1);
    this.tokensIn += sequence.prompt.count;
    this.batch.submit(sequence);
    if (this.dueMs === Number.POSITIVE_INFINITY) this.#begin(nowMs);
  }

  /** Ends the step that is due. */
  step(): void {
    const nowMs = this.dueMs;
    this.batch.end();
    this.#begin(nowMs);
  }

  /** A sequence has one token more, and may be done. */
  token(nowMs: number, prompt: number, generated: number, isDone: boolean): void {
    this.tokensOut += 1;
    this.#change(nowMs, isDone ? 1 - prompt - generated : 1, isDone ? -1 : 0);
  }

  #begin(nowMs: number): void {
    const ms = this.batch.begin();
    this.dueMs = ms === undefined ? Number.POSITIVE_INFINITY : nowMs + ms;
  }

  #change(nowMs: number, tokens: number, requests: number): void {
    const passedMs = nowMs - this.#sinceMs;
    this.heldMs += this.#heldTokens * passedMs;
    this.busyMs += this.inFlight * passedMs;
    this.#sinceMs = nowMs;
    this.#heldTokens += tokens;
    this.inFlight += requests;
    this.peakHeldTokens = Math.max(this.peakHeldTokens, this.#heldTokens);
    this.peakInFlight = Math.max(this.peakInFlight, this.inFlight);
  }
}

/** One algorithm's side of a simulation of language models: requests of a trace through the method, to servers that take their time. */
export class InferenceLane {
  readonly name: string;
  readonly #balancer: Balancer;
  readonly #algorithm: SimulatedAlgorithm;
  readonly #servers: readonly Server[];
  readonly #weights: ReturnType<typeof poolWeights>;
  /** Index of each server's address in `#weights`. */
  readonly #backendOf: readonly number[];
  readonly #keys: KeyPlacements | undefined;
  /** What of a key decides on the server. */
  readonly #partOf: ((key: string) => string) | undefined;
  readonly #ttftMs: number[] = [];
  readonly #counts: number[];
  #noBackendLeft = 0;
  #sumOut = 0;
  #sumOutSquared = 0;
  #nowMs = 0;

  constructor(
    algorithm: SimulatedAlgorithm,
    readonly pool: Upstream,
    { preset, slots, cacheTokens }: InferenceServers,
    readonly trace: Trace,
    seed: number,
  ) {
    this.name = algorithm.name;
    this.#algorithm = algorithm;
    this.#balancer = createBalancer(
      { ...pool, algorithm: algorithm.algorithm },
      { random: glibcRandom(seed) },
    );
    const size = trace.blocks?.tokens ?? blockTokens;
    this.#servers = pool.servers.map(
      (_, index) =>
        new Server(new Batch(presets[preset], slots, new PrefixCache(cacheTokens, size), seed + index)),
    );
    this.#counts = pool.servers.map(() => 0);
    this.#weights = poolWeights(pool.servers);
    this.#backendOf = pool.servers.map(({ address }) =>
      this.#weights.findIndex((backend) => backend.address === address),
    );
    const decision = decisionOf(algorithm.algorithm);
    this.#partOf = decision.by === 'key' ? decision.partOf : undefined;
    this.#keys = this.#partOf === undefined ? undefined : new KeyPlacements();
  }

  /** Places request `row` of the trace. @returns what nginx prints as `$upstream_addr` */
  place(row: number, request: KeyRequest): string {
    const arrivalMs = (this.trace.dueUs[row] as number) / 1000;
    this.#advance(arrivalMs);
    const key = this.#algorithm.keyOf?.(request) ?? '';
    const attempts = this.#balancer.begin({ key, remoteAddress: request.remoteAddress });
    const index = attempts.next(Math.floor(arrivalMs / 1000));
    if (index === undefined) {
      this.#noBackendLeft += 1;
      return this.pool.name;
    }
    const identity = this.#partOf?.(key) ?? '';
    if (identity !== '') this.#keys?.record(identity, this.#backendOf[index] as number);
    this.#submit(row, index, attempts, arrivalMs);
    return this.pool.servers[index]?.address ?? '';
  }

  /** Lets what is under way come to its end. */
  finish(): void {
    this.#advance(Number.POSITIVE_INFINITY);
  }

  /** First arrival to last token. */
  get durationMs(): number {
    return this.#nowMs;
  }

  result(): SimulatedRun {
    const wholeMs = this.#nowMs;
    const work = this.#weights.map((backend, index) => {
      const servers = this.#servers.filter((_, server) => this.#backendOf[server] === index);
      const sum = (of: (server: Server) => number) => servers.reduce((total, one) => total + of(one), 0);
      return {
        ...backend,
        count: this.#counts.reduce(
          (total, count, server) => total + (this.#backendOf[server] === index ? count : 0),
          0,
        ),
        meanInFlight: wholeMs > 0 ? sum(({ busyMs }) => busyMs) / wholeMs : undefined,
        peakInFlight: sum(({ peakInFlight }) => peakInFlight),
        llm: {
          tokensIn: sum(({ tokensIn }) => tokensIn),
          tokensOut: sum(({ tokensOut }) => tokensOut),
          meanHeldTokens: wholeMs > 0 ? sum(({ heldMs }) => heldMs) / wholeMs : 0,
          peakHeldTokens: sum(({ peakHeldTokens }) => peakHeldTokens),
          cachedRatio: ratio(
            sum(({ batch }) => batch.counters.cacheHits),
            sum(({ batch }) => batch.counters.cacheQueries),
          ),
        },
      };
    });
    const { shares, distribution, warnings } = judgeSpread(work);
    const skewBy = (of: (llm: (typeof work)[number]['llm']) => number) =>
      skewOf(work.map(({ llm }, index) => ({ value: of(llm), expectedShare: shares[index]?.expectedShare })));
    const expected = shares.flatMap(({ expectedShare = 0 }) => (expectedShare > 0 ? [expectedShare] : []));
    // Kish: so many requests of one length would spread as these do.
    const effective = Math.floor(this.#sumOut ** 2 / this.#sumOutSquared);
    const sorted = Float64Array.from(this.#ttftMs).sort();
    const queries = this.#servers.reduce((sum, { batch }) => sum + batch.counters.cacheQueries, 0);
    const hits = this.#servers.reduce((sum, { batch }) => sum + batch.counters.cacheHits, 0);
    return {
      algorithm: this.name,
      noBackendLeft: this.#noBackendLeft,
      backends: work.map(({ address, weight, count, meanInFlight, peakInFlight, llm }, index) => ({
        ...{ address, weight, count, meanInFlight, peakInFlight, llm },
        expectedShare: shares[index]?.expectedShare,
        share: shares[index]?.share,
        deviation: shares[index]?.deviation,
        keys: this.#keys?.keysOf(index),
      })),
      distribution,
      keys: this.#keys && { distinct: this.#keys.distinct, capped: this.#keys.overlooked > 0 },
      llm: {
        tokenSkew: skewBy(({ tokensOut }) => tokensOut),
        tokenSkewNoise: effective > 0 ? skewNoise(effective, expected) : undefined,
        promptSkew: skewBy(({ tokensIn }) => tokensIn),
        heldSkew: skewBy(({ meanHeldTokens }) => meanHeldTokens),
        cachedRatio: ratio(hits, queries),
        ttftMs: { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) },
      },
      warnings: warnings.filter(({ code }) => code !== 'too-few-requests'),
    };
  }

  #submit(row: number, index: number, attempts: Attempts, arrivalMs: number): void {
    const server = this.#servers[index] as Server;
    const { inputTokens, outputTokens, blocks } = this.trace;
    const count = inputTokens[row] as number;
    const start = row === 0 ? 0 : (blocks?.ends[row - 1] as number);
    const output = outputTokens[row] as number;
    this.#counts[index] = (this.#counts[index] as number) + 1;
    this.#sumOut += output;
    this.#sumOutSquared += output * output;
    const sequence: Sequence = {
      // The last block of a trace may not be full.
      prompt: {
        count,
        blockKeys:
          blocks === undefined
            ? []
            : [
                ...blocks.ids.subarray(
                  start,
                  Math.min(blocks.ends[row] as number, start + Math.floor(count / blocks.tokens)),
                ),
              ],
      },
      outputTokens: output,
      onToken: ({ generated, isDone }) => {
        server.token(server.dueMs, count, generated, isDone);
        if (generated === 1) this.#ttftMs.push(server.dueMs - arrivalMs);
        if (isDone) attempts.end('ok', Math.floor(server.dueMs / 1000));
      },
    };
    server.submit(sequence, arrivalMs);
  }

  /** Takes every step that ends until then, in the order of their ends. */
  #advance(untilMs: number): void {
    for (;;) {
      let next: Server | undefined;
      for (const server of this.#servers) if (server.dueMs <= (next?.dueMs ?? untilMs)) next = server;
      if (next === undefined || next.dueMs === Number.POSITIVE_INFINITY) break;
      this.#nowMs = next.dueMs;
      next.step();
    }
    if (untilMs !== Number.POSITIVE_INFINITY) this.#nowMs = untilMs;
  }
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

/** Nearest rank. */
function quantile(sorted: Float64Array, q: number): number {
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? 0;
}
