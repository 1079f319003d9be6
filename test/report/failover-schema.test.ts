import { describe, expect, it } from 'vitest';
import { FailoverWatch } from '../../src/distribution/failover.js';
import type { FailoverReport } from '../../src/model/failover.js';
import { json } from '../../src/report/json.js';
import { readReport } from '../../src/report/read-report.js';
import { report, run } from './fixture.js';

/** What a drill of one backend gave, with and without the parts that may be absent. */
function drilled(): FailoverReport {
  const address = '127.0.0.1:8001';
  const watch = new FailoverWatch([{ address, maxFails: 1, failTimeoutSec: 10 }], 1);
  const event = { backend: address, action: 'stop' } as const;
  watch.event(event, 10);
  watch.record({ startMs: 11, endMs: 12, backend: null, status: null, retries: [address], key: undefined });
  return {
    events: [
      { ...event, atMs: 10, startedMs: 10.5, doneMs: 11.5 },
      { ...event, atMs: 99, startedMs: undefined, doneMs: undefined },
    ],
    outages: watch.outages(20),
  };
}

describe('a report with a drill', () => {
  it('is read back as it was', () => {
    const failover = drilled();
    const read = readReport(json(report({ runs: [run({ failover })] })), 'saved.json');
    expect(read.runs[0]?.failover).toEqual(failover);
    expect(failover.outages[0]?.during.failures).toBe(1);
  });

  it('is refused when it is of another shape', () => {
    const text = json(report({ runs: [run({ failover: drilled() })] }));
    expect(() => readReport(text.replaceAll('"stop"', '"explode"'), 'saved.json')).toThrow(/stop/);
  });
});
