import type { LatencySummary } from '../../src/model/latency.js';
import type { BackendReport, Report, RunReport } from '../../src/model/report.js';
import { LatencyHistogram, prepareHistograms } from '../../src/tally/latency-histogram.js';
import { type Random, seededRandom } from '../stats/seeded-random.js';
import { backend, report, run, threshold } from './fixture.js';

/**
 * What four algorithms leave after twelve seconds over many backends: no two figures alike, histograms as the tally writes
 * them, 150 slices of time. Even figures would make a page seem half as large as it gets.
 */
export async function busyReport(backendCount: number): Promise<Report> {
  await prepareHistograms();
  const random = seededRandom(backendCount);
  const names = ['round_robin', 'least_conn', 'ip_hash', 'hash $request_uri consistent'];
  const runs = names.map((name, index) => busyRun(name, backendCount, index * 0.15, random));
  return report({
    runs,
    thresholds: runs.flatMap(({ name }) => [
      threshold({ rule: 'errors <= 0%', run: name, value: 0 }),
      threshold({
        run: name,
        value: 0.31,
        verdict: 'fail',
        note: 'in 99 of 100 fair draws of 29323 requests the skew is at most 5.8 %',
      }),
    ]),
    verdict: 'fail',
  });
}

function busyRun(name: string, backendCount: number, unevenness: number, random: Random): RunReport {
  const addresses = Array.from({ length: backendCount }, (_, index) => `127.0.0.1:${19_400 + index}`);
  const weights = addresses.map(() => 1 + unevenness * (random() - 0.5));
  const whole = weights.reduce((sum, weight) => sum + weight, 0);
  const expectedShare = 1 / backendCount;
  const backends = weights.map((weight, index): BackendReport => {
    const share = weight / whole;
    const count = Math.max(20, Math.round(24_000 * share));
    return backend({
      address: addresses[index] ?? '',
      count,
      share,
      expectedShare,
      deviation: share / expectedShare - 1,
      serviceMs: times(count, 4 + random(), random),
      meanInFlight: 10 * share,
      peakInFlight: Math.ceil(random() * 9),
    });
  });
  return run({
    name,
    algorithm: name,
    load: { ...run().load, durationMs: 12_003 },
    backends,
    responseMs: times(24_000, 5 + random(), random),
    serviceMs: times(24_000, 5 + random(), random),
    timeline: Array.from({ length: 151 }, (_, slice) => ({
      atMs: slice * 80,
      sliceMs: 80,
      backends: Object.fromEntries(
        backends.map(({ address, share }) => [
          address,
          { count: Math.round(2 * random() * 160 * (share ?? 0)), inFlight: 20 * random() * (share ?? 0) },
        ]),
      ),
    })),
  });
}

/** Times around a base with the long tail that real ones have, in milliseconds. */
function times(count: number, base: number, random: Random): LatencySummary {
  const histogram = new LatencyHistogram();
  for (let index = 0; index < count; index++) {
    histogram.record(Math.round(1000 * (base + 6 * random() + 0.4 / (random() + 0.001))));
  }
  const summary = histogram.summary();
  histogram.release();
  return summary;
}
