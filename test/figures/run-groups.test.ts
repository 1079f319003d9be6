import { describe, expect, it } from 'vitest';
import {
  groupKey,
  groupsOf,
  isSelected,
  overRounds,
  roundName,
  runNames,
} from '../../src/figures/run-groups.js';
import { rounds, run } from '../report/fixture.js';

describe('groupsOf', () => {
  it('puts the rounds of one algorithm together and picks the one in the middle by rate', () => {
    const groups = groupsOf(rounds().runs);
    expect(groups.map(({ name, runs, typical }) => [name, runs.length, typical.name])).toEqual([
      ['round_robin', 3, 'round_robin #1'], // 440, 452, 455
      ['least_conn', 3, 'least_conn #1'], // 465, 470, 473
    ]);
  });

  it('leaves runs apart whose algorithm is not known', () => {
    const runs = [
      run({ name: 'a', algorithm: undefined }),
      run({ name: 'b', algorithm: undefined }),
      run({ name: 'c' }),
    ];
    expect(groupsOf(runs).map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  });

  it('puts the rounds of one target together', () => {
    const runs = [1, 2].map((round) => run({ name: `shop #${round}`, round, algorithm: undefined }));
    expect(groupsOf(runs).map((group) => [group.name, group.runs.length])).toEqual([['shop', 2]]);
  });

  it('takes a round without a rate for the slowest', () => {
    const [group] = groupsOf([run({ rps: undefined, name: 'x' }), run({ rps: 5, name: 'y' })]);
    expect(group?.typical.name).toBe('y');
    expect(groupsOf([])).toEqual([]);
  });
});

describe('overRounds', () => {
  it('has median, smallest and largest', () => {
    const [group] = groupsOf([440, 455, 452, 460].map((rps) => run({ rps })));
    expect(group && overRounds(group, ({ rps }) => rps)).toEqual({ median: 453.5, min: 440, max: 460 });
  });

  it('is absent when one round lacks the figure: a median of the lucky ones would flatter', () => {
    const [group] = groupsOf([440, undefined, 452].map((rps) => run({ rps })));
    expect(group && overRounds(group, ({ rps }) => rps)).toBeUndefined();
  });
});

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
