import { describe, expect, it } from 'vitest';
import { skewNoise } from '../../src/stats/fair-draw.js';
import { effectiveRequests, type Weight, weightedSkewNoise } from '../../src/stats/weighted-draw.js';

/** Lengths of answers as the public traces of Azure's services have them: conversation and code, by their quantiles. */
const azure = {
  conversation: [
    [0, 1],
    [0.5, 129],
    [0.9, 424],
    [0.99, 601],
    [1, 1000],
  ],
  code: [
    [0, 1],
    [0.5, 13],
    [0.9, 55],
    [0.99, 249],
    [1, 1899],
  ],
} as const;

type Quantiles = readonly (readonly [number, number])[];

/** A generator with a seed: xorshift32 of Marsaglia (2003). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

function lengthAt(quantiles: Quantiles, at: number): number {
  const above = quantiles.findIndex(([quantile]) => quantile >= at);
  const [[low, from], [high, to]] = [
    quantiles[Math.max(0, above - 1)] ?? [0, 1],
    quantiles[Math.max(1, above)] ?? [1, 1],
  ];
  return Math.max(1, Math.round(from * (to / from) ** ((at - low) / (high - low))));
}

function weightsOf(lengths: readonly number[]): Weight[] {
  const times = new Map<number, number>();
  for (const length of lengths) times.set(length, (times.get(length) ?? 0) + 1);
  return [...times].map(([value, count]) => ({ value, times: count }));
}

/** The same requests are drawn so often: what takes time is the noise of their lengths. */
const drawsOfLengths = 20;

/** How often a fair draw of these lengths is further off than its noise. */
function falseAlarms(
  quantiles: Quantiles,
  shares: readonly number[],
  requests: number,
  runs: number,
): number {
  const next = generator(requests * 7919 + shares.length);
  let alarms = 0;
  for (let run = 0; run < runs; run += drawsOfLengths) {
    const lengths = Array.from({ length: requests }, () => lengthAt(quantiles, next()));
    const total = lengths.reduce((sum, length) => sum + length, 0);
    const noise = weightedSkewNoise(weightsOf(lengths), shares) ?? Number.POSITIVE_INFINITY;
    for (let draw = 0; draw < drawsOfLengths; draw++) {
      const got = shares.map(() => 0);
      for (const length of lengths) {
        let left = next();
        let backend = 0;
        while (backend < shares.length - 1 && left >= (shares[backend] as number))
          left -= shares[backend++] as number;
        got[backend] = (got[backend] as number) + length;
      }
      const skew = Math.max(...got.map((amount, i) => Math.abs(amount / total / (shares[i] as number) - 1)));
      if (skew > noise) alarms++;
    }
  }
  return alarms / runs;
}

const equal = (backends: number) => Array<number>(backends).fill(1 / backends);

describe('effectiveRequests', () => {
  it('is the number of requests where all weigh the same, and fewer where they do not', () => {
    expect(effectiveRequests([{ value: 7, times: 300 }])).toBeCloseTo(300);
    // n / (1 + CV²): a half weighs 1 and a half 3, so CV is 1/2.
    expect(
      effectiveRequests([
        { value: 1, times: 50 },
        { value: 3, times: 50 },
      ]),
    ).toBeCloseTo(100 / 1.25);
    expect(effectiveRequests([])).toBeUndefined();
  });
});

describe('weightedSkewNoise', () => {
  it.each([2, 3, 8])('is that of the counts where all weigh the same, over %i backends', (backends) => {
    const exact = skewNoise(5000, equal(backends)) as number;
    const noise = weightedSkewNoise([{ value: 40, times: 5000 }], equal(backends)) as number;
    expect(noise / exact).toBeGreaterThan(0.97);
    expect(noise / exact).toBeLessThan(1.03);
  });

  it('does not depend on the unit of the weights, nor on their order', () => {
    const weights = [1, 5, 9, 200, 3].map((value, i) => ({ value, times: 20 + i }));
    const noise = weightedSkewNoise(weights, equal(2)) as number;
    const scaled = weights.toReversed().map(({ value, times }) => ({ value: value * 1000, times }));
    expect(weightedSkewNoise(scaled, equal(2))).toBeCloseTo(noise, 6);
  });

  it('is the same, nearly, of weights that are too many to be looked at one by one', () => {
    const many = Array.from({ length: 3000 }, (_, i) => ({ value: 1 + i, times: 1 }));
    const few = Array.from({ length: 300 }, (_, i) => ({ value: 5.5 + 10 * i, times: 10 }));
    const [a, b] = [weightedSkewNoise(many, equal(3)), weightedSkewNoise(few, equal(3))];
    expect((a as number) / (b as number)).toBeCloseTo(1, 2);
  });

  it('knows nothing where there is nothing, or so little that any skew may be luck', () => {
    expect(weightedSkewNoise([], equal(2))).toBeUndefined();
    expect(weightedSkewNoise([{ value: 0, times: 5 }], equal(2))).toBeUndefined();
    expect(weightedSkewNoise([{ value: 3, times: 2 }], equal(2))).toBeUndefined();
  });

  it('calls 10,000 fair runs of a service of conversations uneven at most 1 time in 100', () => {
    // Three standard deviations of a rate of 1 in 100 seen in 10,000 runs.
    const most = 0.01 + 3 * Math.sqrt((0.01 * 0.99) / 10_000);
    expect(falseAlarms(azure.conversation, equal(3), 100, 10_000)).toBeLessThan(most);
  });

  it.each([
    ['conversations', azure.conversation, equal(2), 50],
    ['code', azure.code, equal(2), 200],
    ['code', azure.code, equal(8), 200],
    ['code', azure.code, [0.75, 0.25], 50],
  ] as const)(
    'is no alarm in 99 of 100 fair draws of %s, whatever the pool',
    (_what, quantiles, shares, requests) => {
      const runs = 2000;
      expect(falseAlarms(quantiles, shares, requests, runs)).toBeLessThan(
        0.01 + 3 * Math.sqrt(0.0099 / runs),
      );
    },
  );

  it('finds a true 60:40 in tokens at equal counts', () => {
    const next = generator(7);
    const lengths = Array.from({ length: 2000 }, () => lengthAt(azure.conversation, next()));
    // Of two backends with as many requests each, the first gets half as much more.
    const [first, second] = [lengths.slice(0, 1000).map((length) => 1.5 * length), lengths.slice(1000)];
    const sum = (all: readonly number[]) => all.reduce((total, one) => total + one, 0);
    const skew = Math.abs(sum(first) / (sum(first) + sum(second)) / 0.5 - 1);
    expect(skew).toBeCloseTo(0.2, 1);
    expect(skew).toBeGreaterThan(weightedSkewNoise(weightsOf([...first, ...second]), equal(2)) as number);
  });
});
