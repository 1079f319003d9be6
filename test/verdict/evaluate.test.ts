import { beforeAll, describe, expect, it } from 'vitest';
import type {
  BackendReport,
  Distribution,
  RunReport,
  ThresholdResult,
  Verdict,
} from '../../src/model/report.js';
import { LatencyHistogram, prepareHistograms } from '../../src/tally/latency-histogram.js';
import { judge as judgeRules, overallVerdict } from '../../src/verdict/evaluate.js';
import { parseRules } from '../../src/verdict/rule.js';
import { noSamples, run, summary } from './run-fixture.js';

beforeAll(prepareHistograms);

function judgeAll(
  texts: readonly string[],
  runs: readonly RunReport[],
  baseline?: readonly RunReport[],
): readonly ThresholdResult[] {
  return judgeRules(parseRules(texts, 'rule'), runs, baseline).thresholds;
}

function judge(text: string, judged: RunReport = run(), baseline?: readonly RunReport[]): ThresholdResult {
  const [result] = judgeAll([text], [judged], baseline);
  if (result === undefined) throw new Error('no result');
  return result;
}

/** So many response times, the last 2 % of them slow. */
function timed(slowMs: number, count = 10_000): RunReport {
  const histogram = new LatencyHistogram();
  for (let n = 0; n < count; n++) histogram.record(n < count * 0.98 ? 1_000 : slowMs * 1_000);
  const responseMs = histogram.summary();
  histogram.release();
  return run({ responseMs });
}

function withDistribution(distribution: Partial<Distribution>): RunReport {
  return run({ unattributed: 0, distribution: { ...run().distribution, ...distribution } });
}

describe('evaluate', () => {
  it.each([
    [0.2, 0.6, 1.5, 'inconclusive'],
    [1.5, 0.6, 0.2, 'inconclusive'],
    [1.5, 0.6, 1.2, 'fail'],
    [1.5, 0.6, 0.04, 'inconclusive'],
  ])(
    'of a skew of %d, noise %d, and %d if who was silent was away, finds %s',
    (skew, skewNoise, presentSkew, verdict) => {
      expect(judge('skew < 5%', withDistribution({ skew, skewNoise, presentSkew })).verdict).toBe(verdict);
    },
  );

  it("counts what broke off behind a backend's head among its errors, but not what lbbench gave up", () => {
    const failures = { resets: 1, timeouts: 2, malformed: 3, closed: 4, cancelled: 100 };
    const [first, ...others] = run().backends;
    const broken = run({ backends: [{ ...(first as BackendReport), failures }, ...others] });
    // 3 of its 600 responses, and 10 more.
    expect(judge('errors{backend=127.0.0.1:8001} < 5%', broken).value).toBeCloseTo(13 / 610, 12);
  });

  it.each([
    ['rps > 100', 198],
    ['rps{backend=127.0.0.1:8001} > 100', 120], // 600 responses in 5 s
    ['rps{request=chat} > 100', 140], // 700 in 5 s
    ['errors < 5%', 0.015], // (1000 - 985) / 1000: 10 timeouts and 5 answers of 503
    ['errors{backend=127.0.0.1:8001} < 5%', 0.005], // 3 of its 600 responses
    ['share{backend=127.0.0.1:8002} < 40%', 380 / 980],
    ['retries < 5%', 0.02], // 20 of 20 + 980 attempts
    ['retries{backend=127.0.0.1:8001} < 5%', 20 / 620],
    ['unattributed < 5%', 10 / 990],
    ['skew < 24%', 600 / 490 - 1],
    ['inflight-skew <= 22%', 0.2],
    ['jain > 0.94', 0.952],
    ['cv < 24%', 110 / 490],
    ['p50 < 1s', 50],
    ['p66 < 1s', 66],
    ['p75 < 1s', 75],
    ['p80 < 1s', 80],
    ['p90 < 1s', 90],
    ['p95 < 1s', 95],
    ['p98 < 1s', 98],
    ['p99 < 1s', 99],
    ['p999 < 1s', 99.9],
    ['p100 < 1s', 100],
    ['min < 1s', 1],
    ['mean < 1s', 10],
    ['max < 1s', 100],
    ['service.p99 < 1s', 199],
    ['connect.p99 < 1s', 299],
    ['ttfb.p99 < 1s', 399],
    ['first-byte-body.p99 < 1s', 449],
    ['first-byte-body.p99{backend=127.0.0.1:8001} < 1s', 749],
    ['p99{request=chat} < 1s', 499],
    ['service.p99{request=chat} < 1s', 499],
    ['p99{backend=127.0.0.1:8001} < 1s', 599],
    ['ttfb.p99{backend=127.0.0.1:8001} < 1s', 699],
  ])('reads the value of %s', (text, value) => {
    expect(judge(text)).toMatchObject({
      rule: text,
      run: 'round_robin',
      value,
      verdict: 'pass',
      note: undefined,
    });
  });

  it.each([
    ['p99 < 99ms', 'fail'],
    ['p99 <= 99ms', 'pass'],
    ['p99 > 99ms', 'fail'],
    ['p99 >= 99ms', 'pass'],
    ['rps > 200', 'fail'],
  ])('compares strictly or not as the operator says: %s', (text, verdict) => {
    expect(judge(text).verdict).toBe(verdict);
  });

  it('takes 525 of 1000 as a skew of exactly 5 %, whatever binary fractions make of it', () => {
    const skewed = withDistribution({ skew: 0.525 / 0.5 - 1, skewNoise: 0.01 });
    expect(0.525 / 0.5 - 1).toBeGreaterThan(0.05);
    expect(judge('skew <= 5%', skewed).verdict).toBe('pass');
    expect(judge('skew < 5%', skewed).verdict).toBe('fail');
  });

  it.each([
    ['p99 < 1s', 'ms'],
    ['errors < 5%', 'ratio'],
    ['jain > 0.95', 'index'],
    ['rps > 100', 'per-second'],
  ])('says the unit of %s with its value', (text, unit) => {
    expect(judge(text).unit).toBe(unit);
    expect(judge(text, run(), []).unit).toBe(unit);
  });

  it('asks the histogram for a percentile that the summary lacks', () => {
    expect(judge('p97 < 2ms', timed(50)).value).toBeCloseTo(1, 2);
    expect(judge('p98.5 < 2ms', timed(50))).toMatchObject({ verdict: 'fail' });
    expect(judge('p97 < 96ms', run({ responseMs: summary({ histogram: undefined }) })).verdict).toBe(
      'no-data',
    );
    expect(judge('p97 < 96ms', run({ responseMs: summary({ histogram: 'damaged' }) })).verdict).toBe(
      'no-data',
    );
  });

  it('says when a percentile is only the maximum of too few samples', () => {
    const few = run({ responseMs: summary({ count: 99 }) });
    expect(judge('p99 < 1s', few).note).toBe('of 99 samples this percentile is the maximum');
    expect(judge('p98 < 1s', few).note).toBeUndefined(); // 2 % of 99 is 1.98: one sample lies above
    expect(judge('p99 < 1s').note).toBeUndefined();
  });

  it.each([
    ['p99 < 1s', run({ responseMs: noSamples }), 'no samples'],
    ['p99 > 1s', run({ responseMs: noSamples }), 'no samples'],
    ['connect.p99 < 1s', run({ connectMs: summary({ p99: undefined }) }), 'not measured'],
    ['rps > 1', run({ rps: undefined }), 'not measured'],
    ['skew < 5%', withDistribution({ skew: undefined }), 'not measured'],
    ['skew < 5%', withDistribution({ skew: Number.NaN }), 'not measured'],
    ['errors < 1%', run({ outcomes: { ...run().outcomes, started: 0 } }), 'no samples'],
    ['unattributed < 1%', run({ outcomes: { ...run().outcomes, responses: 0 } }), 'no samples'],
    ['retries < 1%', run({ backends: [] }), 'no samples'],
    ['share{backend=127.0.0.1:9} < 99%', run(), 'no response came from this backend'],
    ['p99{request=other} < 1s', run(), 'no such request was sent'],
    ['moved-keys < 1%', run(), 'not measured'],
    ['p99{run=least_conn} < 1s', run(), 'no such run'],
    ['p99 < baseline', run(), 'no baseline was given'],
  ])('is no-data, never a pass, when %s has no value', (text, judged, note) => {
    expect(judge(text, judged)).toMatchObject({ verdict: 'no-data', note });
  });

  it('judges on response time, so in the open model a rule by backend has no data and says what to write', () => {
    const open = run({ load: { ...run().load, model: 'open', ratePerSec: 200 } });
    expect(judge('p99{request=chat} < 1s', open)).toMatchObject({
      verdict: 'no-data',
      note: 'by request and by backend the open model keeps only service time; write service. in front',
    });
    expect(judge('service.p99{request=chat} < 1s', open).verdict).toBe('pass');
    expect(judge('p99 < 1s', open).verdict).toBe('pass');
  });

  it('leaves requests that lbbench itself gave up out of the errors', () => {
    // 1000 started, 100 of them cancelled, 890 good: 10 of 900 failed.
    const interrupted = run({
      outcomes: { ...run().outcomes, responses: 890, cancelled: 100 },
      status: { '200': 890 },
    });
    expect(judge('errors < 5%', interrupted).value).toBe(10 / 900);
  });

  it('takes key figures from the comparison with the model', () => {
    const keys = { distinct: 8, perBackend: [], moved: 2, movedRatio: 0.25, capped: false };
    const prediction = { checked: 100, asPredicted: 100, mispredicted: 0, notComparable: 0, keys };
    const compared = run({ prediction: { ...prediction, firstMismatch: undefined } });
    expect(judge('moved-keys < 26%', compared).value).toBe(0.25);
    expect(judge('mispredicted <= 0', compared).verdict).toBe('pass');
    expect(judge('mispredicted <= 0', run()).verdict).toBe('no-data');
  });

  it('selects all rounds of an algorithm by its name, and one by its own', () => {
    const runs = [1, 2].map((round) => run({ name: `round_robin #${round}`, round }));
    const judged = (text: string) => judgeAll([text], runs).map((result) => result.run);
    expect(judged('rps{run=round_robin} > 1')).toEqual(['round_robin #1', 'round_robin #2']);
    expect(judged('rps{run="round_robin #2"} > 1')).toEqual(['round_robin #2']);
  });

  it('selects all rounds of a target by the name they share', () => {
    const runs = [1, 2].map((round) => run({ name: `chat #${round}`, round, algorithm: undefined }));
    const judged = (text: string) => judgeAll([text], runs).map((result) => result.run);
    expect(judged('rps{run=chat} > 1')).toEqual(['chat #1', 'chat #2']);
    expect(judged('rps{run=chat #2} > 1')).toEqual(['chat #2']);
  });

  it('judges every rule on every run, or on the run that it names', () => {
    const runs = [run(), run({ name: 'least_conn', rps: 300 })];
    const results = judgeAll(['rps > 250', 'rps{run=least_conn} > 250'], runs);
    expect(results.map(({ run, verdict }) => [run, verdict])).toEqual([
      ['round_robin', 'fail'],
      ['least_conn', 'pass'],
      ['least_conn', 'pass'],
    ]);
    expect(judgeAll(['rps > 250'], [])).toEqual([
      {
        rule: 'rps > 250',
        run: '',
        value: undefined,
        unit: 'per-second',
        implied: false,
        verdict: 'no-data',
        note: 'no such run',
      },
    ]);
  });
});

describe('a skew above its limit', () => {
  it('fails when a fair draw reaches it less than 1 time in 100', () => {
    expect(judge('skew < 5%')).toMatchObject({
      verdict: 'fail',
      note: 'in 99 of 100 fair draws of 980 requests the skew is at most 8.4 %',
    });
  });

  it('is inconclusive when chance explains it, and says how many requests decide', () => {
    const noisy = withDistribution({ skewNoise: 600 / 490 - 1 });
    expect(judge('skew < 5%', noisy)).toMatchObject({
      verdict: 'inconclusive',
      note: 'a fair draw of 980 requests may show a skew of 22 %; 2,693 requests would decide skew < 5 %',
    });
    const unweighted = noisy.backends.map((backend) => ({ ...backend, expectedShare: undefined }));
    expect(judge('skew < 5%', { ...noisy, backends: unweighted }).note).toBe(
      'a fair draw of 980 requests may show a skew of 22 %',
    );
  });

  it('is inconclusive when the noise is not known', () => {
    expect(judge('skew < 5%', withDistribution({ skewNoise: undefined })).verdict).toBe('inconclusive');
  });

  it('passes within the limit however noisy the run is', () => {
    expect(judge('skew < 30%', withDistribution({ skewNoise: 0.9 })).verdict).toBe('pass');
  });

  it('is judged the same against a baseline', () => {
    const baseline = [withDistribution({ skew: 0.1 })];
    expect(judge('skew < baseline', withDistribution({}), baseline).verdict).toBe('fail');
    const noisy = withDistribution({ skewNoise: 0.5 });
    expect(judge('skew < baseline', noisy, baseline).verdict).toBe('inconclusive');
  });

  it('has no grace in a rule that asks for more skew, nor for other metrics', () => {
    const noisy = withDistribution({ skewNoise: 0.9 });
    expect(judge('skew > 50%', noisy).verdict).toBe('fail');
    expect(judge('inflight-skew < 5%', noisy).verdict).toBe('fail');
  });
});

describe('a baseline limit', () => {
  it('is the same metric of the run of the same name, times the factor', () => {
    const baseline = [run({ name: 'other', rps: 1 }), run({ rps: 200 })];
    expect(judge('rps > baseline * 0.95', run(), baseline).verdict).toBe('pass'); // 198 > 190
    expect(judge('rps > baseline', run(), baseline).verdict).toBe('fail');
  });

  it('is the only run of the baseline when the report has one run too', () => {
    const baseline = [run({ name: 'other', rps: 100 })];
    expect(judge('rps > baseline', run(), baseline).verdict).toBe('pass');
    const two = judgeAll(
      ['rps > baseline'],
      [run({ algorithm: undefined }), run({ name: 'b', algorithm: 'b' })],
      baseline,
    );
    expect(two.map(({ verdict, note }) => [verdict, note])).toEqual([
      ['no-data', 'the baseline has no such run'],
      ['no-data', 'the baseline has no such run'],
    ]);
  });

  it('is the median over the baseline’s rounds of the same algorithm', () => {
    const round = (number: number, rps: number) =>
      run({ name: `round_robin #${number}`, round: number, rps });
    const baseline = [round(1, 100), round(2, 400), round(3, 190)];
    for (const now of [run(), round(2, 198)]) {
      // 198 is above the median, 190; below the same round's 400.
      expect(judge('rps > baseline', now, baseline)).toMatchObject({ verdict: 'pass' });
    }
  });

  it('is the median over the baseline’s rounds of the same target', () => {
    const target = (name: string, rps: number, round?: number) =>
      run({ name: round === undefined ? name : `${name} #${round}`, round, rps, algorithm: undefined });
    const rounds = (name: string) => [target(name, 100, 1), target(name, 400, 2), target(name, 190, 3)];
    const notesOf = (runs: readonly RunReport[], baseline: readonly RunReport[]) =>
      judgeAll(['rps > baseline * 2'], runs, baseline).map(({ note }) => note);
    // One run against three rounds, three rounds against one run, three against three: of the median, 190, or of 150.
    expect(notesOf([target('chat', 198)], rounds('chat'))).toEqual(['the baseline allows 380/s']);
    expect(notesOf(rounds('chat'), [target('chat', 150)]).slice(0, 2)).toEqual([
      'the baseline allows 300/s',
      undefined,
    ]);
    expect(notesOf(rounds('chat').slice(0, 1), rounds('chat'))).toEqual(['the baseline allows 380/s']);
    // A scenario that was renamed has still one run, and so has its baseline.
    expect(notesOf([target('chat', 198)], rounds('talk'))).toEqual(['the baseline allows 380/s']);
    expect(notesOf([target('chat', 198)], [...rounds('talk'), target('other', 1)])).toEqual([
      'the baseline has no such run',
    ]);
  });

  it('fails a percentile only where the requests of both sides prove it', () => {
    const against = (now: RunReport, before: RunReport, text = 'p99 <= baseline * 1.1') =>
      judge(text, now, [before]);
    // Of 10,000 times the p99 lies for certain among the slow ones, of 200 it may be the 1 ms of the fast ones too.
    expect(against(timed(93), timed(84))).toMatchObject({
      verdict: 'fail',
      note: 'the baseline allows 92.4 ms',
    });
    expect(against(timed(92), timed(84)).verdict).toBe('pass');
    expect(against(timed(93, 200), timed(84))).toMatchObject({
      verdict: 'inconclusive',
      note: 'chance may explain it: of 1 ms or more here the baseline allows 92.4 ms to 92.4 ms; more requests decide it',
    });
    expect(against(timed(93), timed(84, 200))).toMatchObject({ verdict: 'inconclusive' });
    expect(against(timed(93), timed(84), 'p99 > baseline * 2').verdict).toBe('fail');
    expect(against(timed(93, 200), timed(84), 'p99 > baseline * 2').verdict).toBe('inconclusive');
    // Only percentiles are softened: a rate has no interval within one run, and the errors of one have no say here.
    expect(against(run({ rps: 1 }), run(), 'rps > baseline * 1.1').verdict).toBe('fail');
    expect(against(run(), run({ status: { '200': 986 } }), 'errors <= baseline').verdict).toBe('fail');
  });

  it('says what the baseline allows', () => {
    const baseline = [run({ rps: 200 })];
    expect(judge('rps >= baseline * 1.05', run(), baseline).note).toBe('the baseline allows 210/s');
  });

  it('has no data where the baseline has none', () => {
    const baseline = [run({ responseMs: noSamples })];
    expect(judge('p99 < baseline', run(), baseline)).toMatchObject({
      verdict: 'no-data',
      value: 99,
      note: 'baseline: no samples',
    });
  });
});

describe('a sender that was late itself', () => {
  /** Times as `timed` has them, of which so many requests were late by so much. */
  function late(slowMs: number, lagMs: number, requests: number): RunReport {
    const judged = timed(slowMs);
    const histogram = new LatencyHistogram();
    histogram.record(0, judged.responseMs.count - requests);
    histogram.record(lagMs * 1_000, requests);
    const summary = histogram.summary();
    histogram.release();
    return { ...judged, lagMs: summary, generator: { lostMs: 1000, lateFailures: 10 } };
  }

  it('proves nothing against the target where its lateness alone may have broken the rule', () => {
    expect(judge('p99 < 500ms', late(2000, 1900, 500))).toMatchObject({
      verdict: 'inconclusive',
      value: 2000,
      note: 'lbbench itself was late by up to 1900 ms: without that it may be 100 ms',
    });
    expect(judge('errors < 1%', late(1, 1, 10))).toMatchObject({
      verdict: 'inconclusive',
      note: 'lbbench itself was late by up to 1 ms: without that it may be 0.5 %',
    });
    expect(judge('rps > 240', late(1, 1, 10)).verdict).toBe('inconclusive');
  });

  it.each<[string, () => RunReport]>([
    ['it touched too few requests', () => late(2000, 1900, 50)],
    ['it was late by too little', () => late(2000, 100, 10_000)],
    ['nobody knows how late it was', () => timed(2000)],
  ])('is no excuse where %s', (_, judged) => {
    expect(judge('p99 < 500ms', judged()).verdict).toBe('fail');
  });

  it('is no excuse for itself, nor for rules that ask for more, nor for a part of the run', () => {
    const judged = late(2000, 1900, 500);
    expect(judge('lag.p99 < 500ms', judged)).toMatchObject({ verdict: 'fail', value: 1900 });
    expect(judge('p99 > 3s', judged).verdict).toBe('fail');
    expect(judge('errors < 1%', late(1, 1, 10)).verdict).toBe('inconclusive');
    expect(judge('errors{backend=127.0.0.1:8001} < 0.1%', late(1, 1, 10)).verdict).toBe('fail');
    expect(judge('errors < 0.1%', late(1, 1, 10)).verdict).toBe('fail');
    expect(judge('rps > 300', late(1, 1, 10)).verdict).toBe('fail');
  });
});

describe('overallVerdict', () => {
  it.each<[Verdict[], Verdict | undefined]>([
    [[], undefined],
    [['pass', 'pass'], 'pass'],
    [['pass', 'inconclusive'], 'inconclusive'],
    [['inconclusive', 'no-data', 'pass'], 'no-data'],
    [['no-data', 'inconclusive', 'fail', 'pass'], 'fail'],
  ])('of %j is %s', (verdicts, expected) => {
    const results = verdicts.map((verdict) => ({
      rule: 'r',
      run: 'x',
      value: undefined,
      verdict,
      note: undefined,
    }));
    expect(overallVerdict(results)).toBe(expected);
  });
});
