import type { LoadJob } from './load-job.js';

/** A warm-up's requests must not count for the run, so they are marked as what they are. */
export type Phase = 'warm-up' | 'run';

/** What stands behind the User-Agent of a phase's requests: ` (run 3f2a9c01d7e4)`. */
export function markOf(runId: string, phase: Phase): string {
  return `(${phase} ${runId})`;
}

/**
 * The job as one of its phases sends it: every request's User-Agent, lbbench's own or a given one, ends in the mark
 * by which an access log tells the phase's requests from all others. Without a run id it is the job itself.
 */
export function markedFor(job: LoadJob, phase: Phase): LoadJob {
  const { runId } = job;
  if (runId === undefined) return job;
  const marked = (userAgent: string) => `${userAgent} ${markOf(runId, phase)}`.trimStart();
  return {
    ...job,
    userAgent: marked(job.userAgent),
    requests: job.requests.map((request) => ({
      ...request,
      headers: request.headers.map(([name, value]) =>
        name.toLowerCase() === 'user-agent' ? ([name, marked(value)] as const) : ([name, value] as const),
      ),
    })),
  };
}
