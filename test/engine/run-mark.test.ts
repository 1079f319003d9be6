import { describe, expect, it } from 'vitest';
import type { LoadJob } from '../../src/engine/load-job.js';
import { markedFor, markOf } from '../../src/engine/run-mark.js';
import type { RequestPlan } from '../../src/model/plan.js';

const request = (headers: RequestPlan['headers']): RequestPlan => ({
  name: 'one',
  method: 'GET',
  path: '/',
  headers,
  body: undefined,
  weight: 1,
});

const job = {
  userAgent: 'lbbench/0.1.0',
  requests: [request([]), request([['user-agent', 'probe/2 (x)']]), request([['X-A', 'b']])],
  runId: '3f2a9c01d7e4',
} as unknown as LoadJob;

describe('the mark of a run', () => {
  it("stands behind lbbench's User-Agent and behind a given one, and nowhere else", () => {
    const marked = markedFor(job, 'run');
    expect(marked.userAgent).toBe('lbbench/0.1.0 (run 3f2a9c01d7e4)');
    expect(marked.requests.map(({ headers }) => headers)).toEqual([
      [],
      [['user-agent', 'probe/2 (x) (run 3f2a9c01d7e4)']],
      [['X-A', 'b']],
    ]);
  });

  it('tells a warm-up from the run it belongs to', () => {
    expect(markedFor(job, 'warm-up').userAgent).toBe('lbbench/0.1.0 (warm-up 3f2a9c01d7e4)');
    expect(markOf('3f2a9c01d7e4', 'warm-up')).not.toContain(markOf('3f2a9c01d7e4', 'run'));
  });

  it('leaves the job alone when it has no run id', () => {
    const unmarked = { ...job, runId: undefined };
    expect(markedFor(unmarked, 'run')).toBe(unmarked);
  });
});
