import { describe, expect, it } from 'vitest';
import type { Advice } from '../../src/model/advice.js';
import { adviceText } from '../../src/report/blocks/side-by-side.js';
import { hostile } from './fixture.js';

const advice: Advice = {
  algorithm: 'least_conn',
  over: 'round_robin',
  asGood: [],
  evidence: { metric: 'p99', value: 12, other: 48 },
  errorRatio: 0,
  skewPrice: undefined,
};

describe('the text of advice', () => {
  it.each<[string, Partial<Advice>]>([
    ['least_conn: p99 12.0 ms against 48.0 ms of round_robin, without errors', {}],
    [
      'least_conn: p99 12.0 ms against 48.0 ms of round_robin, at about equal errors (0.50 %); a skew of 3.00 % is the price',
      { errorRatio: 0.005, skewPrice: 0.03 },
    ],
    [
      'least_conn: errors 0 % against 3.00 % of round_robin; as good: ip_hash, random',
      {
        evidence: { metric: 'errors', value: 0, other: 0.03 },
        errorRatio: undefined,
        asGood: ['ip_hash', 'random'],
      },
    ],
  ])('%s', (text, changes) => {
    expect(adviceText({ ...advice, ...changes })).toBe(text);
  });

  it('lets no name do anything to the terminal', () => {
    expect(adviceText({ ...advice, algorithm: hostile.terminal, asGood: [hostile.bidi] })).not.toMatch(
      /[\u001b\u0007\u009b\u202e]/,
    );
  });
});
