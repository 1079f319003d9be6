import { describe, expect, it } from 'vitest';
import { groupsOf, overRounds } from '../../src/report/rounds.js';
import { rounds, run } from './fixture.js';

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
