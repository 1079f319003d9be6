import { beforeAll, describe, expect, it } from 'vitest';
import { Affinity } from '../../src/distribution/affinity.js';
import { families, figureNamed, figures } from '../../src/figures/catalogue.js';
import { isKnownOf, wholeRun } from '../../src/figures/figure.js';
import { units } from '../../src/figures/units.js';
import { Outcome } from '../../src/model/outcome.js';
import { prepareHistograms } from '../../src/tally/latency-histogram.js';
import { judge } from '../../src/verdict/evaluate.js';
import { parseRules } from '../../src/verdict/rule.js';
import { type Streamed, streamedRun } from './streamed-run.js';

beforeAll(prepareHistograms);

const slo = { ttftMs: 100, tpotMs: 20, e2eMs: 1000 };
const even = (count: number): Streamed[] =>
  Array.from({ length: count }, (_, i) => ({ backend: i % 2, prompt: 100, tokens: 20, cached: 50 }));

const verdictOf = (rule: string, run: ReturnType<typeof streamedRun>) =>
  judge(parseRules([rule], 'test'), [run]).thresholds[0];
const read = (name: string, run: ReturnType<typeof streamedRun>) => figureNamed(name).read(run, wholeRun);

describe('the figures of streams', () => {
  it('are read in their units, of every part that they are known of', () => {
    const affinity = new Affinity();
    for (let i = 0; i < 8; i++) affinity.record(i % 2, 'a', false);
    const run = { ...streamedRun(even(100), 2, slo), affinity: affinity.report() };
    const parts = [{}, { backend: run.backends[0] }, { request: run.requests[0] }];
    const rows = [...figures, ...families.map(({ name }) => figureNamed(`${name}.p50`))];
    const ours = rows.filter(({ ofStreams }) => ofStreams);
    expect(ours).toHaveLength(16);
    for (const figure of ours) {
      for (const part of parts.filter((one) => isKnownOf(figure, one))) {
        expect(units[figure.unit].text(figure.read(run, part).value), figure.name).toMatch(
          /^[\d.,]+( ms| %|\/s|)$/,
        );
      }
    }
  });

  it('say what the definitions say', () => {
    const run = streamedRun(even(100), 2, slo);
    expect(read('ttft.p99', run).value).toBe(50);
    expect(read('ttft-response.p99', run).value).toBe(50);
    expect(read('tpot.max', run).value).toBe(10);
    expect(read('e2e.max', run).value).toBe(50 + 190);
    expect(read('gap.max', run).value).toBe(10);
    expect(read('cached', run).value).toBe(0.5);
    expect(read('token-skew', run).value).toBe(0);
    expect(run.llm?.tokens).toEqual({ in: 10_000, out: 2000, cached: 5000, reasoning: 0 });
    expect(run.llm?.goodput).toMatchObject({ good: 100, started: 100, ratio: 1 });
    expect(run.distribution.effectiveRequests?.out).toBeCloseTo(100);
  });

  it('say nothing of a run without streams', () => {
    const { llm: _, ...run } = streamedRun(even(10));
    expect(read('token-skew', run)).toEqual({
      value: undefined,
      note: 'no answer was a stream of a language model',
    });
    expect(read('ttft.p99', run).value).toBeUndefined();
  });

  it('hold the work of a backend against its share, and not its count', () => {
    const streams = even(400).map((one) => ({ ...one, tokens: one.backend === 0 ? 60 : 40 }));
    const run = streamedRun(streams);
    expect(read('skew', run).value).toBe(0);
    expect(read('token-skew', run).value).toBeCloseTo(0.2);
    expect(read('prompt-skew', run).value).toBe(0);
    expect(read('held-skew', run).value).toBeGreaterThan(0.1);
    expect(run.backends.map(({ llm }) => llm?.tokenShare)).toEqual([0.6, 0.4]);
    expect(verdictOf('token-skew < 5%', run)).toMatchObject({ verdict: 'fail' });
    expect(verdictOf('token-skew < 5%', run)?.note).toMatch(/vary as 3\d\d equal ones/);
    expect(verdictOf('token-skew < 25%', run)).toMatchObject({ verdict: 'pass' });
  });

  it('take one long answer for luck, not for a bad balancer', () => {
    const streams = even(200).map((one, i) => ({ ...one, tokens: i === 0 ? 2000 : 20 }));
    const run = streamedRun(streams);
    expect(read('token-skew', run).value).toBeGreaterThan(0.3);
    const judged = verdictOf('token-skew < 5%', run);
    expect(judged).toMatchObject({ verdict: 'inconclusive' });
    expect(judged?.note).toMatch(/vary as \d equal ones, may show .* requests would decide token skew < 5 %/);
  });

  it('have no sum of tokens where servers do not count them', () => {
    const run = streamedRun(even(100).map((one, i) => ({ ...one, isUncounted: i < 50 })));
    expect(run.llm?.counted).toEqual({ usage: 50, events: 50, none: 0 });
    expect(run.llm?.tokens.out).toBe(1000);
    expect(run.llm?.eventsOut).toBe(1000);
    expect(verdictOf('token-skew < 5%', run)).toMatchObject({ verdict: 'no-data' });
  });

  it('count streams that broke off, and judge the rest', () => {
    const streams = even(400).map((one, i) => ({
      ...one,
      ...(i === 0 && { outcome: Outcome.truncated, isUncounted: true }),
    }));
    const run = streamedRun(streams, 2, slo);
    expect(run.llm?.streams).toMatchObject({ complete: 399, truncated: 1 });
    expect(read('truncated', run).value).toBe(1 / 400);
    expect(run.backends[0]?.failures).toMatchObject({ truncated: 1 });
    expect(read('errors', run).value).toBe(1 / 400);
    expect(read('token-skew', run).value).toBeGreaterThan(0);
    expect(run.llm?.goodput).toMatchObject({ good: 399, started: 400, failedBy: { ttft: 0, error: 1 } });
  });
});

describe('goodput', () => {
  const goodput = (good: number, bad: number) =>
    streamedRun([...even(good), ...even(bad).map((one) => ({ ...one, tokens: 200 }))], 2, slo);

  it.each([
    [960, 40, 'pass'],
    [940, 60, 'inconclusive'],
    [900, 100, 'fail'],
  ] as const)('of %i good and %i bad above 95 %: %s', (good, bad, verdict) => {
    const judged = verdictOf('goodput > 95%', goodput(good, bad));
    expect(judged).toMatchObject({ value: good / 1000, verdict });
  });

  it('says which part was broken', () => {
    expect(goodput(90, 10).llm?.goodput?.failedBy).toEqual({ ttft: 0, tpot: 0, e2e: 10, error: 0 });
  });

  it('has no data without an slo', () => {
    expect(verdictOf('goodput > 95%', streamedRun(even(10)))).toMatchObject({ verdict: 'no-data' });
  });
});
