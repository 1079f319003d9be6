import { seededUnits } from '../backend/latency.js';
import type { PrefixCache } from './prefix-cache.js';
import type { InferenceTimes } from './presets.js';
import type { Tokens } from './tokens.js';

/** Tokens computed in one step at most (vLLM's max_num_batched_tokens, the value of its chunked prefill). */
const stepTokens = 2048;

/** One request on its way through the server. */
export interface Sequence {
  readonly prompt: Tokens;
  /** Tokens it will have when it is done. */
  readonly outputTokens: number;
  /** Told after each token; it may cancel the sequence. */
  readonly onToken: (sequence: Progress) => void;
}

export interface Progress {
  readonly cachedTokens: number;
  /** So far. */
  readonly generated: number;
  readonly isDone: boolean;
}

/** What a server has counted since it was started; tokens and requests. */
export interface BatchCounters {
  promptTokens: number;
  generatedTokens: number;
  /** Tokens that were looked for in the prefix cache, and those that were there. */
  cacheQueries: number;
  cacheHits: number;
  finished: number;
}

interface Running {
  readonly sequence: Sequence;
  readonly cachedTokens: number;
  prefillLeft: number;
  generated: number;
  isNew: boolean;
}

/**
 * Continuous batching, as inference servers do it, without a clock: work goes by steps, in each of which every answer under way
 * gets one token, and what room is left goes to prompts (chunked prefill), first come, first served. A step takes as long as
 * what is in it.
 */
export class Batch {
  readonly counters: BatchCounters = {
    promptTokens: 0,
    generatedTokens: 0,
    cacheQueries: 0,
    cacheHits: 0,
    finished: 0,
  };
  readonly #waiting = new Set<Sequence>();
  readonly #running = new Map<Sequence, Running>();
  readonly #unit: () => number;
  /** What each sequence of this step computes of its prompt; a sequence that is not here decodes. */
  #step: { readonly running: Running; readonly prefill: number }[] | undefined;

  constructor(
    readonly times: InferenceTimes,
    readonly slots: number,
    readonly cache: PrefixCache,
    seed: number,
  ) {
    this.#unit = seededUnits(seed);
  }

  get running(): number {
    return this.#running.size;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Tokens that running sequences hold: their prompts and what they have generated. */
  get heldTokens(): number {
    let held = 0;
    for (const { sequence, generated } of this.#running.values()) held += sequence.prompt.count + generated;
    return held;
  }

  submit(sequence: Sequence): void {
    this.#waiting.add(sequence);
  }

  /** Forgets a sequence; its slot is free for the next step. */
  cancel(sequence: Sequence): void {
    this.#waiting.delete(sequence);
    this.#running.delete(sequence);
  }

  /** Begins a step, and tells how long it takes in milliseconds; `undefined` when there is nothing to do. */
  begin(): number | undefined {
    this.#admit();
    if (this.#running.size === 0) return undefined;
    const { prefillMs, promptTokenMs } = this.times;
    const all = [...this.#running.values()];
    const decoding = all.reduce((count, { prefillLeft }) => count + (prefillLeft === 0 ? 1 : 0), 0);
    let room = Math.max(1, stepTokens - decoding);
    let ms = decoding === 0 ? 0 : this.#tokenMs();
    this.#step = [];
    for (const running of all) {
      const prefill = Math.min(running.prefillLeft, room);
      if (running.prefillLeft > 0 && prefill === 0) continue;
      room -= prefill;
      ms += prefill * promptTokenMs + (running.isNew ? prefillMs : 0);
      running.isNew = false;
      this.#step.push({ running, prefill });
    }
    return ms * this.#factor();
  }

  /** Ends the step: tokens come out, sequences that are done leave. */
  end(): void {
    const step = this.#step ?? [];
    this.#step = undefined;
    for (const { running, prefill } of step) {
      const { sequence } = running;
      if (!this.#running.has(sequence)) continue;
      running.prefillLeft -= prefill;
      if (running.prefillLeft > 0) continue;
      if (running.generated === 0) {
        this.counters.promptTokens += sequence.prompt.count;
        this.cache.add(sequence.prompt.blockKeys);
      }
      running.generated += 1;
      this.counters.generatedTokens += 1;
      const isDone = running.generated >= sequence.outputTokens;
      if (isDone) {
        this.#running.delete(sequence);
        this.counters.finished += 1;
      }
      sequence.onToken({ cachedTokens: running.cachedTokens, generated: running.generated, isDone });
    }
  }

  #admit(): void {
    for (const sequence of this.#waiting) {
      if (this.#running.size >= this.slots) return;
      this.#waiting.delete(sequence);
      const { count, blockKeys } = sequence.prompt;
      const cachedTokens = this.cache.cachedTokens(blockKeys, count);
      this.counters.cacheQueries += count;
      this.counters.cacheHits += cachedTokens;
      const prefillLeft = count - cachedTokens;
      this.#running.set(sequence, { sequence, cachedTokens, prefillLeft, generated: 0, isNew: true });
    }
  }

  /** Normal, and within 70 % of its mean as its source has it, so that no token comes before its time. */
  #tokenMs(): number {
    const { tokenMs, tokenSdMs } = this.times;
    if (tokenSdMs === 0) return tokenMs;
    // Box and Muller; 1 - unit is above 0.
    const normal = Math.sqrt(-2 * Math.log(1 - this.#unit())) * Math.cos(2 * Math.PI * this.#unit());
    return Math.min(1.7 * tokenMs, Math.max(0.3 * tokenMs, tokenMs + normal * tokenSdMs));
  }

  #factor(): number {
    return this.slots === 1
      ? 1
      : 1 + ((this.times.fullFactor - 1) * (this.#running.size - 1)) / (this.slots - 1);
  }
}
