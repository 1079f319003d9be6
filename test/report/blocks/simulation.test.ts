import { describe, expect, it } from 'vitest';
import type { SimulatedRun, SimulationReport } from '../../../src/model/simulation.js';
import { displayWidth } from '../../../src/report/render/width.js';
import { simulationText } from '../../../src/report/terminal.js';
import { hostile } from '../fixture.js';

function run(algorithm: string, counts: readonly number[], keys?: readonly number[]): SimulatedRun {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return {
    algorithm,
    noBackendLeft: 0,
    backends: counts.map((count, index) => ({
      address: `127.0.0.1:800${index + 1}`,
      weight: 1,
      expectedShare: 1 / counts.length,
      count,
      share: count / total,
      deviation: (count / total) * counts.length - 1,
      keys: keys?.[index],
      meanInFlight: undefined,
      peakInFlight: undefined,
    })),
    distribution: {
      skew: 0.012,
      skewNoise: 0.08,
      maxOverMean: 1.012,
      coefficientOfVariation: 0.012,
      jainIndex: 0.9999,
      chiSquare: { statistic: 0.144, degreesOfFreedom: 1, pValue: 0.704 },
      minimumRequests: 2654,
      inFlightSkew: undefined,
    },
    keys: keys && { distinct: keys.reduce((sum, count) => sum + count, 0), capped: false },
    warnings: [],
  };
}

function report(runs: readonly SimulatedRun[], more: Partial<SimulationReport> = {}): SimulationReport {
  return {
    schema: 'lbbench.simulation/1',
    tool: { version: '0.1.0', node: 'v20.20.2', platform: 'linux x64' },
    upstream: 'backend',
    seed: 1,
    requests: 1000,
    notBalanced: 0,
    durationMs: undefined,
    runs,
    warnings: [],
    ...more,
  };
}

const plain = { color: false, width: 80 };

describe('a simulation as text', () => {
  it('sets algorithms side by side', () => {
    const runs = [run('round_robin', [500, 500]), run('hash $request_uri', [506, 494], [49, 51])];
    expect(simulationText(report(runs), plain)).toMatchInlineSnapshot(`
      "upstream backend
      1,000 requests · one after the other · none was sent · seed 1

        Backend          expected  round_robin  hash $request_uri
        127.0.0.1:8001     50.0 %  500  50.0 %        506  50.6 %
        127.0.0.1:8002     50.0 %  500  50.0 %        494  49.4 %
        skew                            1.20 %             1.20 %
        by chance up to                 8.00 %             8.00 %
        chi-square p                     0.704              0.704
        Keys
        127.0.0.1:8001     50.0 %                              49
        127.0.0.1:8002     50.0 %                              51
        distinct keys                                         100
      "
    `);
  });

  it('begins another table where one more column would not fit, and leaves none out', () => {
    const names = Array.from({ length: 9 }, (_, n) => `hash $arg_${n} consistent`);
    for (const width of [40, 60, 80, 120]) {
      const text = simulationText(report(names.map((name) => run(name, [506, 494]))), {
        color: false,
        width,
      });
      for (const name of names) expect(text).toContain(name);
      for (const line of text.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(width);
    }
  });

  it('shows what is in flight where the requests had times', () => {
    const one = run('least_conn', [1]);
    const backends = one.backends.map((backend) => ({ ...backend, meanInFlight: 2.5, peakInFlight: 12 }));
    const distribution = { ...one.distribution, inFlightSkew: 0.25 };
    const text = simulationText(report([{ ...one, backends, distribution }], { durationMs: 90_000 }), plain);
    expect(text).toContain('1,000 requests · over 1 min 30 s · none was sent');
    expect(text).toMatch(/127\.0\.0\.1:8001 +100\.0 % +2\.50 +12\n/);
    expect(text).toMatch(/in-flight skew +25\.0 %\n/);
  });

  it('says so where keys were too many, and where no server was left', () => {
    const one = {
      ...run('hash $uri', [5, 5], [2, 2]),
      noBackendLeft: 7,
      keys: { distinct: 4, capped: true },
    };
    const text = simulationText(report([one]), plain);
    expect(text).toMatch(/distinct keys +over 4\n/);
    expect(text).toMatch(/no server left +7\n/);
  });

  it('lets no name do anything to the terminal', () => {
    const one = run(hostile.terminal, [1, 1]);
    const backends = one.backends.map((backend) => ({ ...backend, address: hostile.lines }));
    const warnings = [{ code: 'configuration', text: hostile.bidi } as const];
    const text = simulationText(
      report([{ ...one, backends, warnings }], { upstream: hostile.terminal }),
      plain,
    );
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u202e]/);
  });
});
