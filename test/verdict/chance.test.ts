import { describe, expect, it } from 'vitest';
import type { RunReport } from '../../src/model/report.js';
import { judge as judgeRules } from '../../src/verdict/evaluate.js';
import { parseRules } from '../../src/verdict/rule.js';
import { run } from './run-fixture.js';

const judge = (rule: string, judgedRun: RunReport) =>
  judgeRules(parseRules([rule], 'rule'), [judgedRun]).thresholds[0];

/** A run whose two backends served so many, with weights or without. */
function split(first: number, second: number, expectedShare: number | undefined = 0.5): RunReport {
  const total = first + second;
  const [one, other] = run().backends;
  if (one === undefined || other === undefined) throw new Error('the fixture has two backends');
  return run({
    backends: [
      { ...one, address: 'a', count: first, share: first / total, expectedShare },
      { ...other, address: 'b', count: second, share: second / total, expectedShare },
    ],
  });
}

// The probabilities are exact sums of binomial coefficients (Python's math.comb and fractions).
describe('a share that breaks its rule', () => {
  it('fails where fewer than 1 in 100 fair draws would break it so', () => {
    expect(judge('share{backend=a} > 45%', split(37, 63))).toMatchObject({
      verdict: 'fail', // 0.0060165
      note: 'were its true share 50 %, 100 requests would give it so few less than 1 time in 100',
    });
    expect(judge('share{backend=b} < 55%', split(37, 63))).toMatchObject({
      verdict: 'fail',
      note: 'were its true share 50 %, 100 requests would give it so many less than 1 time in 100',
    });
  });

  it('is inconclusive where chance explains it, and says how likely that is', () => {
    expect(judge('share{backend=a} > 45%', split(45, 55))).toMatchObject({
      verdict: 'inconclusive', // 0.1841008
      note: 'were its true share 50 %, 100 requests would give it so few 18 % of the time; more requests decide it',
    });
    expect(judge('share{backend=a} > 45%', split(38, 62))?.verdict).toBe('inconclusive'); // 0.0104894
  });

  it('is held to the limit where the expected share breaks the rule itself', () => {
    const weighted = (count: number) => judge('share{backend=a} < 60%', split(count, 100 - count, 0.65));
    expect(weighted(71)).toMatchObject({
      verdict: 'inconclusive', // 0.0147753 at 60 %
      note: 'were its true share 60 %, 100 requests would give it so many 1.5 % of the time; more requests decide it',
    });
    expect(weighted(72)?.verdict).toBe('fail'); // 0.0084325
  });

  it('needs no luck at a backend that nothing is expected of', () => {
    expect(judge('share{backend=a} < 5%', split(10, 90, 0))?.verdict).toBe('fail');
  });
});

describe('an evenness that breaks its rule', () => {
  const uneven = (skew: number | undefined, skewNoise: number | undefined) =>
    run({ distribution: { ...run().distribution, skew, skewNoise } });

  it.each(['cv < 5%', 'jain > 0.99'])('of %s fails only where the skew is beyond chance', (rule) => {
    expect(judge(rule, uneven(0.2, 0.1))).toMatchObject({
      verdict: 'fail',
      note: 'in 99 of 100 fair draws of 980 requests the skew is at most 10 %',
    });
    expect(judge(rule, uneven(0.2, 0.2))).toMatchObject({
      verdict: 'inconclusive',
      note: 'a fair draw of 980 requests may show a skew of 20 %',
    });
    expect(judge(rule, uneven(0.2, undefined))?.verdict).toBe('inconclusive');
  });

  it.each(['cv > 50%', 'jain < 0.5'])('has no grace in %s, which asks for more', (rule) => {
    expect(judge(rule, uneven(0.2, 0.9))?.verdict).toBe('fail');
  });
});

describe('a rule on counts that a method breaks which does not aim at equal ones', () => {
  const noteUnder = (algorithm: string | undefined, rule = 'share{backend=a} > 45%') =>
    judge(rule, { ...split(37, 63), algorithm })?.note ?? '';

  it('still fails, and says what the method evens out', () => {
    expect(noteUnder('least_conn')).toMatch(
      /1 time in 100; least_conn evens out requests in flight, not counts, which inflight-skew is about$/,
    );
    expect(noteUnder('hash $request_uri consistent')).toMatch(/; hash evens out keys, not counts$/);
    expect(noteUnder('random two least_conn')).toMatch(
      /; random two least_conn evens out requests in flight/,
    );
    expect(judge('share{backend=a} > 45%', { ...split(37, 63), algorithm: 'least_conn' })?.verdict).toBe(
      'fail',
    );
  });

  it.each([undefined, 'round_robin', 'random'])('is told nothing more under %s', (algorithm) => {
    expect(noteUnder(algorithm)).toMatch(/less than 1 time in 100$/);
  });
});
