import { describe, expect, it } from 'vitest';
import { Batch, type Progress, type Sequence } from '../../../src/lab/inference/batch.js';
import { PrefixCache } from '../../../src/lab/inference/prefix-cache.js';
import type { InferenceTimes } from '../../../src/lab/inference/presets.js';
import { TokenReader } from '../../../src/lab/inference/tokens.js';

/** Without chance, and in powers of two, so that sums of them are exact. */
const times: InferenceTimes = { prefillMs: 32, promptTokenMs: 0.25, tokenMs: 8, tokenSdMs: 0, fullFactor: 2 };

function prompt(words: number, first = 'w') {
  const reader = new TokenReader(16);
  reader.add(Array.from({ length: words }, (_, index) => `${first}${index}`).join(' '));
  return reader.tokens;
}

/** A batch with a clock, that notes when tokens came. */
class Watched {
  readonly batch: Batch;
  readonly tokens = new Map<string, (Progress & { readonly atMs: number })[]>();
  nowMs = 0;

  constructor({ slots = 1, cache = 0, seed = 1, of = times } = {}) {
    this.batch = new Batch(of, slots, new PrefixCache(cache, 16), seed);
  }

  submit(name: string, tokens: Sequence['prompt'], outputTokens: number): Sequence {
    const seen: (Progress & { readonly atMs: number })[] = [];
    this.tokens.set(name, seen);
    const onToken = (progress: Progress) => seen.push({ ...progress, atMs: this.nowMs });
    const sequence = { prompt: tokens, outputTokens, onToken };
    this.batch.submit(sequence);
    return sequence;
  }

  /** Until there is nothing to do; the length of each step. */
  run(mostSteps = Number.POSITIVE_INFINITY): number[] {
    const steps: number[] = [];
    while (steps.length < mostSteps) {
      const ms = this.batch.begin();
      if (ms === undefined) break;
      this.nowMs += ms;
      steps.push(ms);
      this.batch.end();
    }
    return steps;
  }

  times(name: string): number[] {
    return (this.tokens.get(name) ?? []).map(({ atMs }) => atMs);
  }
}

describe('a batch', () => {
  it('takes the prefill overhead and a time a token to the first one, and then one token a step', () => {
    const watched = new Watched();
    watched.submit('a', prompt(100), 4);
    watched.run();
    expect(watched.times('a')).toEqual([57, 65, 73, 81]);
    expect(watched.batch.counters).toMatchObject({ promptTokens: 100, generatedTokens: 4, finished: 1 });
  });

  it('computes a long prompt in pieces, beside which others get their tokens', () => {
    const watched = new Watched({ slots: 3, of: { ...times, fullFactor: 1 } });
    watched.submit('short', prompt(16), 5);
    watched.run(1);
    watched.submit('long', prompt(5000, 'l'), 1);
    // 2048 tokens a step, of which the answer under way has one.
    expect(watched.run()).toEqual([8 + 32 + 2047 / 4, 8 + 2047 / 4, 8 + 906 / 4, 8]);
    expect(watched.tokens.get('long')).toHaveLength(1);
    expect(watched.tokens.get('short')).toHaveLength(5);
  });

  it('works on as many as it has slots for; the others wait for their turn', () => {
    const watched = new Watched({ slots: 2 });
    for (const name of ['a', 'b', 'c']) watched.submit(name, prompt(16, name), name === 'a' ? 2 : 10);
    watched.run(1);
    expect([watched.batch.running, watched.batch.waiting]).toEqual([2, 1]);
    watched.run(2);
    expect([watched.batch.running, watched.batch.waiting]).toEqual([2, 0]);
    expect(watched.tokens.get('c')).toHaveLength(1);
  });

  it('is slower the more it works on, up to the factor of a full one', () => {
    const watched = new Watched({ slots: 5 });
    for (const name of ['a', 'b', 'c', 'd', 'e']) watched.submit(name, prompt(16, name), 3);
    expect(watched.run().slice(1)).toEqual([16, 16]);
    watched.submit('alone', prompt(16), 2);
    expect(watched.run()).toEqual([36, 8]);
    for (const name of ['a', 'b', 'c']) watched.submit(name, prompt(16, name), 2);
    expect(watched.run()[1]).toBe(12);
  });

  it('does not compute what its cache has, but for the last token', () => {
    const watched = new Watched({ cache: 1024 });
    watched.submit('first', prompt(64), 1);
    watched.submit('same', prompt(64), 1);
    watched.submit('longer', prompt(70), 1);
    expect(watched.run()).toEqual([32 + 16, 32 + 4, 32 + 1.5]);
    expect(watched.tokens.get('same')?.[0]?.cachedTokens).toBe(48);
    expect(watched.tokens.get('longer')?.[0]?.cachedTokens).toBe(64);
    expect(watched.batch.counters).toMatchObject({
      cacheQueries: 64 + 64 + 70,
      cacheHits: 48 + 64,
      promptTokens: 198,
    });
  });

  it('forgets what is cancelled, in the middle of a step too, and counts what it has generated', () => {
    const watched = new Watched({ slots: 2 });
    const gone = watched.submit('gone', prompt(16), 10);
    const waiting = [watched.submit('a', prompt(16), 2), watched.submit('b', prompt(16), 2)];
    watched.run(1);
    watched.batch.begin();
    watched.batch.cancel(gone);
    watched.batch.cancel(waiting[1] as Sequence);
    watched.batch.end();
    watched.run();
    expect(watched.tokens.get('gone')).toHaveLength(1);
    expect(watched.tokens.get('b')).toEqual([]);
    expect(watched.batch.counters).toMatchObject({ generatedTokens: 3, promptTokens: 32, finished: 1 });
    expect([watched.batch.running, watched.batch.waiting, watched.batch.heldTokens]).toEqual([0, 0, 0]);
  });

  it('draws its times from a seed: about the mean, never below 0.3 of it', () => {
    const of = { ...times, tokenSdMs: 4 };
    const run = (seed: number) => {
      const watched = new Watched({ seed, of });
      watched.submit('a', prompt(1), 2001);
      return watched.run().slice(1);
    };
    const steps = run(7);
    expect(run(7)).toEqual(steps);
    expect(run(8)).not.toEqual(steps);
    expect(Math.min(...steps)).toBeGreaterThanOrEqual(2.4);
    expect(Math.max(...steps)).toBeLessThanOrEqual(13.6);
    // The standard error of the mean of 2000 is 0.09.
    expect(steps.reduce((sum, ms) => sum + ms, 0) / 2000).toBeCloseTo(8, 0);
  });
});

describe('a prefix cache', () => {
  const keys = (name: string, blocks: number) =>
    Array.from({ length: blocks }, (_, block) => block + Number(name) * 100);

  it('finds what stands before, and nothing behind the first gap', () => {
    const cache = new PrefixCache(16 * 16, 16);
    cache.add(keys('1', 4));
    expect(cache.cachedTokens(keys('1', 8), 128)).toBe(64);
    expect(cache.cachedTokens([101, 102, 103], 48)).toBe(0 + 32);
    expect(cache.cachedTokens([200, ...keys('1', 4)], 80)).toBe(0);
  });

  it('lets go what was used least recently, the ends of prompts before their beginnings', () => {
    const cache = new PrefixCache(6 * 16, 16);
    cache.add(keys('1', 3));
    cache.add(keys('2', 3));
    cache.cachedTokens(keys('1', 3), 100);
    cache.add(keys('3', 2));
    expect(cache.cachedTokens(keys('1', 3), 100)).toBe(48);
    expect(cache.cachedTokens(keys('2', 3), 100)).toBe(16);
    expect(new PrefixCache(0, 16).cachedTokens(keys('1', 3), 100)).toBe(0);
  });

  it('knows a block by all that stands before it', () => {
    const read = (...texts: string[]) => {
      const reader = new TokenReader(2);
      for (const text of texts) reader.add(text);
      return reader.tokens;
    };
    expect(read('a b c', 'd e').count).toBe(5);
    expect(read('a b c', 'd e').blockKeys).toEqual(read('a  b\n', 'c d').blockKeys);
    expect(read('a b c d').blockKeys[1]).not.toBe(read('a x c d').blockKeys[1]);
    expect(read('ab').blockKeys).toEqual([]);
    expect(read('a b').blockKeys).not.toEqual(read('ab a').blockKeys);
  });
});
