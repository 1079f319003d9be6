import { beforeAll, describe, expect, it } from 'vitest';
import { mergedProgress, progressOf } from '../../src/engine/load-progress.js';
import { Outcome } from '../../src/model/outcome.js';
import { unattributedCell } from '../../src/tally/attempt-cells.js';
import { prepareHistograms } from '../../src/tally/latency-histogram.js';
import { Tally } from '../../src/tally/tally.js';

beforeAll(prepareHistograms);

const checks = [{ request: 'chat', check: 'body /error is null' }];

function progress(statuses: readonly number[], failedChecks = 0, resets = 0) {
  const tally = new Tally({ requestNames: ['chat'], open: false, abColumns: false });
  const cell = tally.cellOf('127.0.0.1:8001');
  for (const status of statuses) tally.recordResponse(0, cell, status, 0, 1, 1);
  for (let n = 0; n < failedChecks; n++) {
    tally.recordResponse(0, cell, 200, 0, 1, 1, true);
    tally.recordFailedCheck(cell, 0);
  }
  for (let n = 0; n < resets; n++) tally.recordFailure(Outcome.reset, 'reset', unattributedCell, 0, 1);
  const seen = progressOf(tally, 1000, checks);
  tally.release();
  return seen;
}

describe('the errors of a load under way', () => {
  it('are told with what they were, the most frequent first', () => {
    expect(progress([200, 502, 502, 404, 302], 3, 1)).toMatchObject({
      ended: 9,
      errors: 7,
      causes: [
        { text: 'body /error is null', count: 3 },
        { text: 'status 502', count: 2 },
        { text: 'status 404', count: 1 },
        { text: 'reset', count: 1 },
      ],
    });
    expect(progress([200, 200]).causes).toEqual([]);
  });

  it('add up over parts by what they were', () => {
    const { causes } = mergedProgress([progress([502, 404]), progress([404, 503], 0, 1)]);
    expect(causes?.[0]).toEqual({ text: 'status 404', count: 2 });
    expect(causes).toHaveLength(4);
  });
});
