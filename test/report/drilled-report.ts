import type { OutagePeriod } from '../../src/model/failover.js';
import type { Report } from '../../src/model/report.js';
import { hostile, report, run } from './fixture.js';

const second = '127.0.0.1:8002';

function period(fromMs: number, toMs: number, counts: readonly [number, number]): OutagePeriod {
  const total = counts[0] + counts[1];
  const addresses = ['127.0.0.1:8001', second];
  return {
    fromMs,
    toMs,
    requests: total,
    failures: 0,
    errors: 0,
    retries: 0,
    backends: addresses.map((address, index) => {
      const count = counts[index] ?? 0;
      return { address, count, share: count / total, errors: 0, retries: 0 };
    }),
  };
}

/** A run with a failover drill, its placements held against the model and against nginx's log, and advice. */
export function drilledReport(): Report {
  return report({
    runs: [
      run({
        failover: {
          events: [
            { atMs: 500, backend: second, action: 'stop', startedMs: 500, doneMs: 501 },
            { atMs: 900, backend: second, action: 'start', startedMs: 900, doneMs: undefined },
          ],
          outages: [
            {
              backend: second,
              action: 'stop',
              fromMs: 501,
              untilMs: 900,
              maxFails: 1,
              failTimeoutSec: 10,
              before: period(0, 501, [120, 80]),
              during: period(501, 900, [160, 0]),
              after: period(900, 2200, [326, 314]),
              failedAttempts: 1,
              takenOut: undefined,
              backMs: 20,
              keys: undefined,
            },
          ],
        },
        prediction: {
          checked: 1000,
          asPredicted: 990,
          mispredicted: 0.01,
          notComparable: 5,
          firstMismatch: undefined,
          keys: { distinct: 300, perBackend: [], moved: 3, movedRatio: 0.01, capped: true },
        },
        reconciliation: {
          log: hostile.markup,
          clientResponses: 1000,
          logLines: 999,
          givenUp: undefined,
          notProxied: 0,
          unmatched: 0,
          backends: [],
          differences: [`the log has 999 lines ${hostile.markup}`],
        },
      }),
    ],
    advice: {
      algorithm: hostile.markup,
      over: 'round_robin',
      asGood: [],
      evidence: { metric: 'p99', value: 12, other: 48 },
      errorRatio: 0,
      skewPrice: undefined,
    },
  });
}
