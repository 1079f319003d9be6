import { beforeAll, describe, expect, it } from 'vitest';
import { judgeSpread } from '../../src/distribution/spread.js';
import type { Report, RunReport } from '../../src/model/report.js';
import { comparisonMarkdown } from '../../src/report/markdown.js';
import { comparisonText } from '../../src/report/terminal.js';
import { compare } from '../../src/run/compare/compare.js';
import { findingOf } from '../../src/run/compare/finding.js';
import { LatencyHistogram, prepareHistograms } from '../../src/tally/latency-histogram.js';
import { backend, hostile, report, rounds, run } from '../report/fixture.js';
import { seededRandom } from '../stats/seeded-random.js';

beforeAll(prepareHistograms);

/** A run whose `count` requests took `base` ms and, spread evenly, up to twice that. */
function timed(base: number, count: number, overrides: Partial<RunReport> = {}): RunReport {
  const histogram = new LatencyHistogram();
  for (let index = 0; index < count; index++) histogram.record(Math.round(base * 1000 * (1 + index / count)));
  const responseMs = histogram.summary();
  histogram.release();
  return run({ responseMs, serviceMs: responseMs, ...overrides });
}

const named = (file: string, value: Report) => ({ file, report: value });
const pair = (before: RunReport, after: RunReport) => [
  named('main.json', report({ runs: [before] })),
  named('branch.json', report({ runs: [after] })),
];

function findingsOf(before: RunReport, after: RunReport): Record<string, string> {
  const { changes } = compare(pair(before, after), []);
  return Object.fromEntries(changes.map(({ metric, findings }) => [metric, findings[0]?.verdict ?? '']));
}

describe('compare', () => {
  it('finds no evidence between a report and itself', () => {
    const same = timed(10, 1000);
    const verdicts = Object.values(findingsOf(same, same));
    expect(verdicts).toHaveLength(6);
    expect(new Set(verdicts)).toEqual(new Set(['no-evidence']));
  });

  it('finds a latency that rose by a fifth worse, and one that fell better', () => {
    expect(findingsOf(timed(10, 2000), timed(12, 2000))).toMatchObject({ p50: 'worse', p99: 'worse' });
    expect(findingsOf(timed(12, 2000), timed(10, 2000))).toMatchObject({ p50: 'better', p99: 'better' });
  });

  it('does not call a p99 changed that too few requests bound', () => {
    // The largest of 200 is above the true p99 only with 1 - 0.99^200 = 87 %.
    expect(findingsOf(timed(10, 200), timed(12, 200))).toMatchObject({ p50: 'worse', p99: 'no-evidence' });
  });

  it('has no noise for the rate of a single run, and so no evidence', () => {
    expect(findingsOf(run({ rps: 100 }), run({ rps: 900 })).rps).toBe('no-evidence');
  });

  it('counts errors as what they are: successes of a draw', () => {
    const failing = (count: number) => run({ status: { '200': 1000 - count, '502': count } });
    expect(findingsOf(failing(0), failing(3)).errors).toBe('no-evidence');
    expect(findingsOf(failing(0), failing(30)).errors).toBe('worse');
    expect(findingsOf(failing(30), failing(0)).errors).toBe('better');
  });

  describe('calls skew changed', () => {
    /** A run whose backends served so many each and were expected to by these shares. */
    const served = (counts: readonly number[], shares: readonly number[]) => {
      const { distribution, shares: deviations } = judgeSpread(
        counts.map((count, index) => ({ address: `${index}`, count, weight: shares[index] })),
      );
      const backends = counts.map((count, index) => backend({ count, address: '', ...deviations[index] }));
      return run({ distribution, backends });
    };
    const skewOf = (before: RunReport, after: RunReport) => findingsOf(before, after).skew;

    it('only beyond what chance adds on both sides', () => {
      const half = [0.5, 0.5];
      // By SciPy's binomtest(k, 1000).proportion_ci(0.99): 500 is a skew of at most 8.23 %, 560 of 3.77 % and more, 600 of 11.84 %.
      expect(skewOf(served([500, 500], half), served([560, 440], half))).toBe('no-evidence');
      expect(skewOf(served([500, 500], half), served([600, 400], half))).toBe('worse');
      expect(skewOf(served([400, 600], half), served([500, 500], half))).toBe('better');
      expect(skewOf(served([0, 0], half), served([500, 500], half))).toBe('no-data');
    });

    it.each([
      ['5 % expected, 50 % served', [0.05, 0.95], [0.5, 0.5]],
      ['as expected', [0.5, 0.5], [0.5, 0.5]],
      ['three, one far off', [0.05, 0.45, 0.5], [0.4, 0.3, 0.3]],
    ])('no more than 1 time in 100 of one balancer twice: %s', (_, expected, true_) => {
      const random = seededRandom(11);
      const draw = () => {
        const counts = true_.map(() => 0);
        for (let request = 0; request < 400; request++) {
          let left = random();
          let chosen = 0;
          while (chosen < true_.length - 1 && left >= (true_[chosen] ?? 0)) left -= true_[chosen++] ?? 0;
          counts[chosen] = (counts[chosen] ?? 0) + 1;
        }
        return served(counts, expected);
      };
      let changed = 0;
      for (let trial = 0; trial < 500; trial++) if (skewOf(draw(), draw()) !== 'no-evidence') changed++;
      expect(changed).toBeLessThanOrEqual(5);
    });
  });

  it('goes by the rounds where both sides have three', () => {
    const faster: Report = {
      ...rounds(),
      runs: rounds().runs.map((one) => ({ ...one, rps: (one.rps ?? 0) * 1.2 })),
    };
    const { changes } = compare([named('a', rounds()), named('b', faster)], []);
    expect(changes.find(({ run, metric }) => run === 'round_robin' && metric === 'rps')).toMatchObject({
      // 440, 452, 455 and 528, 542.4, 546.
      estimates: [
        { value: 452, rounds: 3 },
        { value: expect.closeTo(542.4, 9), rounds: 3 },
      ],
      findings: [{ change: expect.closeTo(0.2, 9), verdict: 'better', basis: 'rounds' }],
    });
    const same = compare([named('a', rounds()), named('b', rounds())], []);
    expect(same.changes.every(({ findings }) => findings[0]?.verdict === 'no-evidence')).toBe(true);
  });

  it('has no data where a report lacks the run', () => {
    const { changes } = compare(
      pair(run(), run({ name: 'least_conn', algorithm: 'least_conn' })).concat(
        named('c', report({ runs: [] })),
      ),
      [],
    );
    expect(new Set(changes.flatMap(({ findings }) => findings.map(({ verdict }) => verdict)))).toEqual(
      new Set(['no-data']),
    );
  });

  it('judges rules on every report but the first, which is their baseline', () => {
    const [first, second] = pair(timed(10, 2000, { rps: 100 }), timed(12, 2000, { rps: 95 }));
    if (first === undefined || second === undefined) throw new Error('two reports');
    const rules = ['p99 <= baseline * 1.1', 'rps >= baseline * 0.9'];
    const two = compare([first, second], rules);
    expect(two.thresholds.map(({ run, verdict }) => [run, verdict])).toEqual([
      ['round_robin', 'fail'],
      ['round_robin', 'pass'],
    ]);
    expect(two.verdict).toBe('fail');
    const three = compare([first, first, second], rules);
    expect(three.thresholds.map(({ run, verdict }) => [run, verdict])).toEqual([
      ['main.json: round_robin', 'pass'],
      ['main.json: round_robin', 'pass'],
      ['branch.json: round_robin', 'fail'],
      ['branch.json: round_robin', 'pass'],
    ]);
  });

  it('refuses one report alone and rules that it does not understand', () => {
    expect(() => compare([named('a', report())], [])).toThrow('expected at least two reports, got 1');
    expect(() => compare(pair(run(), run()), ['speed > 3'])).toThrow('expected a metric, got "speed"');
  });

  it('says what was not the same about the measurements', () => {
    const other = run({ load: { ...run().load, concurrency: 20 }, balancer: 'embedded' });
    expect(compare(pair(run(), other), []).notes).toEqual([
      'branch.json: concurrency 20 instead of 10',
      'branch.json: balancer embedded instead of nginx 1.22.1',
    ]);
  });

  it('says of which run the requests or the pool were not the same', () => {
    const backends = (...pool: [string, number | undefined][]) =>
      pool.map(([address, weight]) => backend({ address, count: 500, weight, share: 0.5, deviation: 0 }));
    const named = (name: string, overrides: Partial<RunReport>) =>
      run({ name, algorithm: name, ...overrides });
    const before = [
      named('least_conn', { backends: backends(['b:1', 1], ['a:1', 1]) }),
      named('ip_hash', { backends: backends(['a:1', undefined], ['b:1', undefined]) }),
    ];
    const after = [
      named('ip_hash', { backends: backends(['b:1', undefined], ['a:1', undefined]) }),
      named('least_conn', {
        backends: backends(['a:1', 3], ['c:1', 1], ['b:1', 1]),
        load: { ...run().load, requests: 100 },
      }),
    ];
    const notesOf = (first: readonly RunReport[], second: readonly RunReport[]) =>
      compare(
        [
          { file: 'a', report: report({ runs: first }) },
          { file: 'b', report: report({ runs: second }) },
        ],
        [],
      ).notes;
    expect(notesOf(before, before)).toEqual([]);
    expect(notesOf(before, after)).toEqual([
      `b: least_conn: requests 100 instead of ${run().load.requests}`,
      'b: least_conn: backends a:1=3, c:1=1 instead of a:1=1',
    ]);
    const [one] = before;
    const fewer = named('least_conn', { backends: backends(['a:1', 1]) });
    expect(notesOf(one === undefined ? [] : [one], [fewer])).toEqual(['b: backends none instead of b:1=1']);
  });

  it('takes a damaged histogram for one that says nothing', () => {
    const broken = run({ responseMs: { ...run().responseMs, histogram: 'HISTbroken' } });
    expect(findingsOf(broken, broken).p50).toBe('no-evidence');
  });
});

describe('findingOf', () => {
  it('calls the same thing changed less than once in 100 comparisons, here of rounds drawn from one range', () => {
    // Deterministic draws: a Weyl sequence, uniform over [0, 1).
    let state = 0;
    const draw = () => {
      state = (state + 0.6180339887498949) % 1;
      return 100 + 10 * ((state * 7919) % 1);
    };
    const side = () => {
      const values = Array.from({ length: 5 }, draw);
      return { values, estimate: { value: values[2] ?? 0, rounds: 5, low: undefined, high: undefined } };
    };
    let changed = 0;
    for (let trial = 0; trial < 1000; trial++) {
      if (findingOf(side(), side(), 'lower').verdict !== 'no-evidence') changed++;
    }
    // 10 expected at most; more than 20 of 1000 would come by chance 1 time in 600.
    expect(changed).toBeLessThanOrEqual(20);
  });
});

describe('comparisonText and comparisonMarkdown', () => {
  const comparison = () => compare(pair(timed(10, 2000, { rps: 100 }), timed(12, 2000, { rps: 110 })), []);

  it('set the reports side by side', () => {
    const lines = comparisonText(comparison(), { color: false, width: 100 }).split('\n');
    expect(lines[0]).toBe('round_robin');
    expect(lines[1]).toMatch(/^ +main\.json +branch\.json +change$/);
    expect(lines[2]).toMatch(/^ {2}req\/s +100 +110 +\+10\.0 % +not judged$/);
    expect(lines[3]).toMatch(/^ {2}p50 ms +15\.0 +18\.0 +\+20\.0 % +worse in these runs$/);
    expect(comparisonMarkdown(comparison())).toContain(
      '| p50 ms | 15.0 | 18.0 | +20.0 % 🔴 worse in these runs |',
    );
  });

  it('stay within the width and let no name steer the terminal or become markup', () => {
    const names = [hostile.terminal, hostile.bidi + hostile.lines, hostile.markdown, hostile.markup];
    for (const name of names) {
      const attacked = compare(
        [
          named(`${name}/a.json`, report({ runs: [run({ name, algorithm: name, balancer: name })] })),
          named(name, report()),
        ],
        ['rps >= baseline'],
      );
      const text = comparisonText(attacked, { color: false, width: 60 });
      expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u202e]/);
      expect(text.split('\n').every((line) => [...line].length <= 60)).toBe(true);
      expect(comparisonMarkdown(attacked).replaceAll(/(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)/g, '')).not.toMatch(
        /(?<!\\)(<script|<img|!\[)/,
      );
    }
  });
});
