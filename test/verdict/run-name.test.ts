import { describe, expect, it } from 'vitest';
import { groupKey, isSelected, roundName, runNames } from '../../src/verdict/run-name.js';

describe('roundName', () => {
  it('tells rounds apart', () => {
    expect([roundName('least_conn', undefined), roundName('least_conn', 2)]).toEqual([
      'least_conn',
      'least_conn #2',
    ]);
  });
});

describe('runNames', () => {
  it('are those of all rounds together and of each', () => {
    expect(runNames(['ip_hash', 'random'], 2)).toEqual([
      ...['ip_hash', 'random', 'ip_hash #1', 'ip_hash #2', 'random #1', 'random #2'],
    ]);
    expect(runNames(['chat'], 1)).toEqual(['chat']);
  });
});

describe('isSelected', () => {
  const second = { name: 'chat #2', round: 2, algorithm: undefined };
  it.each(['chat', 'chat #2', undefined])('finds the second round of chat by %s', (selector) => {
    expect(isSelected(selector, second)).toBe(true);
  });
  it.each(['chat #1', 'cha', '', 'undefined'])('and not by %j', (selector) => {
    expect(isSelected(selector, second)).toBe(false);
  });
  it('takes a name that only looks like that of a round for itself', () => {
    expect(isSelected('ticket', { name: 'ticket #2', round: undefined, algorithm: undefined })).toBe(false);
  });
});

describe('groupKey', () => {
  it('is one for all rounds of an algorithm or a name', () => {
    const rounds = [1, 2].map((round) => ({ name: `chat #${round}`, round, algorithm: undefined }));
    expect(
      new Set(
        [...rounds, { ...rounds[0], name: 'chat', round: undefined }].map((run) => groupKey(run as never)),
      ).size,
    ).toBe(1);
    const byAlgorithm = { name: 'chat', round: undefined, algorithm: 'chat' };
    expect(groupKey(byAlgorithm)).not.toBe(groupKey({ ...byAlgorithm, algorithm: undefined }));
  });
});
